import { BlockList, isIP, isIPv4, isIPv6 } from 'node:net';
import { domainToASCII } from 'node:url';

/**
 * Host names and address literals in the one form the program compares: lower case, IDNA A-labels, no trailing dot,
 * no port; IPv4 dotted, IPv6 compressed and without brackets.
 */

const plainName = /^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?(?:\.[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?)*$/;
const numberLabel = /(?:^|\.)(?:[0-9]+|0x[0-9a-f]*)$/;
// Printable ASCII that is no part of a host name (RFC 3986 and URL separators among it) and everything unprintable.
const forbidden = /[^a-z0-9._\-\u0080-\u{10ffff}]/iu;

/**
 * The comparable form of a host name, `[IPv6]`, IPv6 or IPv4 literal as it stands in SNI, a Host field or a
 * configuration; null when it is none. Never throws. A wildcard is no host: see {@link normaliseHostPattern}.
 */
export function normaliseHost(text: string): string | null {
  if (text.length > 1024) return null;
  if (text.startsWith('[')) return text.endsWith(']') ? normaliseIpv6(text.slice(1, -1)) : null;
  if (text.includes(':')) return normaliseIpv6(text);
  if (isIPv4(text)) return text;
  let name = text.endsWith('.') ? text.slice(0, -1) : text;
  if (!plainName.test(name)) {
    if (forbidden.test(name)) return null;
    name = domainToASCII(name);
    if (!plainName.test(name)) return null;
  }
  // A last label of digits would be read as an IPv4 address by URL parsers (WHATWG URL, "ends in a number").
  if (name.length > 253 || numberLabel.test(name)) return null;
  return name;
}

/** As {@link normaliseHost}; also takes a wildcard, `*.` in front of a name with at least two labels. */
export function normaliseHostPattern(text: string): string | null {
  if (!text.startsWith('*.')) return normaliseHost(text);
  const parent = normaliseHost(text.slice(2));
  return parent?.includes('.') && isIP(parent) === 0 ? `*.${parent}` : null;
}

/** Whether a normalised host is an IPv4 or IPv6 address. */
export function isAddress(host: string): boolean {
  return isIP(host) !== 0;
}

/**
 * An address literal, IPv6 without brackets, in the one form that is compared: an IPv4 address mapped into IPv6 becomes dotted.
 * Null when it is none. Never throws.
 */
export function comparableAddress(text: string): string | null {
  if (isIPv4(text)) return text;
  const address = normaliseIpv6(text);
  const mapped = address === null ? null : /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(address);
  if (mapped === null) return address;
  const octets = mapped.slice(1).flatMap((group) => {
    const number = Number.parseInt(group, 16);
    return [number >> 8, number & 255];
  });
  return octets.join('.');
}

/**
 * The wildcard that covers a normalised name: `*.example.org` for `www.example.org`. A wildcard stands for exactly
 * one label (RFC 9525, section 6.3); null where none can: addresses and names of fewer than three labels.
 */
export function wildcardOf(host: string): string | null {
  const dot = host.indexOf('.');
  if (dot <= 0 || !host.includes('.', dot + 1) || isAddress(host)) return null;
  return `*${host.slice(dot)}`;
}

/** A normalised host as it stands in a URL or Host field: IPv6 in brackets. */
export function bracketed(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}

/**
 * `host`, `host:port`, `[v6]` or `[v6]:port`, taken apart but not judged; the brackets stay. Null when a colon is
 * ambiguous (IPv6 without brackets) or a bracket is not closed.
 */
export function splitHostPort(text: string): { host: string; port: string | null } | null {
  const match = /^(\[[^\]]*\]|[^:[\]]*)(?::([^:]*))?$/.exec(text);
  if (!match) return null;
  return { host: match[1] ?? '', port: match[2] ?? null };
}

/** The comparable form of an IPv6 address without brackets (RFC 5952), or null. Zones are refused. */
function normaliseIpv6(text: string): string | null {
  if (!isIPv6(text) || text.includes('%')) return null;
  return new URL(`http://[${text}]/`).hostname.slice(1, -1);
}

const privateNetworks = new BlockList();
for (const [network, prefix] of [
  ['10.0.0.0', 8],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['100.64.0.0', 10],
] as const) {
  privateNetworks.addSubnet(network, prefix, 'ipv4');
}
privateNetworks.addAddress('::1', 'ipv6');
privateNetworks.addSubnet('fc00::', 7, 'ipv6');
privateNetworks.addSubnet('fe80::', 10, 'ipv6');

const internalName = /^(?:[^.]+|(?:.+\.)?(?:localhost|local|internal|home\.arpa|test|lan))$/;

/**
 * Whether no public CA can vouch for this normalised host or wildcard: `localhost`, single labels, names under
 * `.localhost`, `.local`, `.internal`, `.home.arpa`, `.test` and `.lan`, loopback, link-local and private addresses.
 */
export function isInternalHost(host: string): boolean {
  const family = isIP(host);
  if (family !== 0) return privateNetworks.check(host, family === 4 ? 'ipv4' : 'ipv6');
  return internalName.test(host);
}
