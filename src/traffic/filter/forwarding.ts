import type { BlockList } from 'node:net';
import { isIP } from 'node:net';
import { fieldId } from '../../wire/http1/field-names.ts';
import type { RequestHead } from '../../wire/http1/request-head.ts';
import type { ShownCertificate } from '../shown-certificate.ts';

/** Who stands at the other end of a client connection. */
export interface Peer {
  /** Address without brackets, IPv4 dotted. */
  readonly address: string;
  readonly secure: boolean;
  /** Its forwarding fields are believed. */
  readonly trusted: boolean;
  /** What it has shown of itself; absent or null where it was not asked. */
  readonly certificate?: ShownCertificate | null;
}

/** What the app is told about the client, and who the client is for logs and guards. */
export interface Forwarding {
  readonly clientAddress: string;
  /** Scheme and host as the client used them. */
  readonly scheme: string;
  readonly host: string;
  /** Complete field lines, ending in CRLF. */
  readonly lines: Buffer;
}

/**
 * The forwarding fields of a request: made from the connection alone, unless the peer is a trusted proxy, whose own
 * fields are continued (RFC 7239; the X-Forwarded-* fields as every proxy uses them). `host` is the Host field's value.
 */
export function forwardingOf(peer: Peer, host: string, head: RequestHead, trusted: BlockList | null): Forwarding {
  const scheme = peer.secure ? 'https' : 'http';
  const { address } = peer;
  if (!peer.trusted || trusted === null) {
    const element = elementOf(address, host, scheme);
    return { clientAddress: address, scheme, host, lines: linesOf(address, address, host, scheme, element) };
  }
  const { fields } = head;
  const chain = fields.join(fieldId['x-forwarded-for']);
  const clientAddress = chain === undefined ? address : nearestUntrusted(chain, address, trusted);
  const told = firstOf(fields.get(fieldId['x-forwarded-proto']))?.toLowerCase();
  const publicScheme = told === 'https' || told === 'http' ? told : scheme;
  const publicHost = firstOf(fields.get(fieldId['x-forwarded-host'])) || host;
  const earlier = fields.join(fieldId.forwarded);
  const element = elementOf(address, host, scheme);
  return {
    clientAddress,
    scheme: publicScheme,
    host: publicHost,
    lines: linesOf(
      chain === undefined ? address : `${chain}, ${address}`,
      clientAddress,
      publicHost,
      publicScheme,
      earlier === undefined ? element : `${earlier}, ${element}`,
    ),
  };
}

/** Of a chain of proxies each of which has added its own, the one nearest to the client stands first. */
function firstOf(list: string | undefined): string | undefined {
  return list?.split(',', 1)[0]?.trim();
}

function elementOf(hop: string, host: string, scheme: string): string {
  return `for=${node(hop)};host=${quoted(host)};proto=${scheme}`;
}

function linesOf(chain: string, client: string, host: string, scheme: string, forwarded: string): Buffer {
  return Buffer.from(
    `X-Forwarded-For: ${chain}\r\nX-Real-IP: ${client}\r\nX-Forwarded-Proto: ${scheme}\r\n` +
      `X-Forwarded-Host: ${host}\r\nForwarded: ${forwarded}\r\n`,
    'latin1',
  );
}

/** Walks the chain from the near end: the first address that is no trusted proxy is the client. */
function nearestUntrusted(chain: string, peer: string, trusted: BlockList): string {
  let client = peer;
  for (const entry of chain.split(',').reverse()) {
    const address = plainAddress(entry.trim());
    const family = isIP(address);
    if (family === 0) return client;
    client = address;
    if (!trusted.check(address, family === 4 ? 'ipv4' : 'ipv6')) return client;
  }
  return client;
}

/** An entry of X-Forwarded-For without brackets, port or IPv4-mapped prefix. */
function plainAddress(entry: string): string {
  const bracketed = /^\[([^\]]+)\](?::\d+)?$/.exec(entry);
  if (bracketed) return bracketed[1]!;
  const withPort = /^(\d+\.\d+\.\d+\.\d+)(?::\d+)?$/.exec(entry);
  if (withPort) return withPort[1]!;
  return entry.toLowerCase().startsWith('::ffff:') && entry.includes('.') ? entry.slice(7) : entry;
}

/** A node identifier of RFC 7239 §6: IPv6 in brackets and quotes. */
function node(address: string): string {
  return address.includes(':') ? `"[${address}]"` : address;
}

function quoted(host: string): string {
  return /^[\w.-]+$/.test(host) ? host : `"${host}"`;
}
