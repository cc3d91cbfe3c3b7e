import { comparableAddress } from '../../model/host.ts';
import {
  moreOfProxyHeader,
  type ProxiedEnds,
  type ProxyHeaderResult,
  proxyHeaderFailure,
} from './proxy-header-result.ts';

/** Version 2 of the PROXY protocol: binary, with additions (TLV) that nobody here needs. */

const signature = Buffer.from('0d0a0d0a000d0a515549540a', 'hex');
/** The signature, version and command, family and transport, length of the rest. */
const fixedLength = 16;
/** Most octets behind the fixed part: addresses and additions. nginx takes as many. */
const longestRest = 4096;

const command = { local: 0x20, proxy: 0x21 };
/** Address family and transport: octets of both addresses with their ports, and where the ports stand. */
const families: ReadonlyMap<number, { readonly length: number; readonly kind: 'none' | 'ipv4' | 'ipv6' | 'unix' }> =
  new Map([
    [0x00, { length: 0, kind: 'none' }],
    [0x11, { length: 12, kind: 'ipv4' }],
    [0x21, { length: 36, kind: 'ipv6' }],
    [0x31, { length: 216, kind: 'unix' }],
  ]);

/** The header of a connection that is made for its own sake. */
export const localProxyHeader = Buffer.concat([signature, Buffer.from([command.local, 0, 0, 0])]);

/** Whether the octets agree with the signature, as far as both go. */
export function looksLikeProxyV2(octets: Buffer): boolean {
  const length = Math.min(octets.length, signature.length);
  return octets.compare(signature, 0, length, 0, length) === 0;
}

/** Takes what {@link looksLikeProxyV2}. */
export function readProxyV2(octets: Buffer): ProxyHeaderResult {
  const asked = octets[12];
  if (asked === undefined) return moreOfProxyHeader;
  if (asked !== command.local && asked !== command.proxy) return proxyHeaderFailure('unknown PROXY version or command');
  if (octets.length < fixedLength) return moreOfProxyHeader;
  const rest = octets.readUInt16BE(14);
  const length = fixedLength + rest;
  if (rest > longestRest) return proxyHeaderFailure('PROXY header too long');
  // What a health check says of addresses means nothing (section 2.2).
  if (asked === command.local) return octets.length < length ? moreOfProxyHeader : whole(length, true, null);
  const family = families.get(octets[13]!);
  if (family === undefined) return proxyHeaderFailure('a PROXY header for something other than TCP');
  if (rest < family.length) return proxyHeaderFailure('a PROXY header too short for its addresses');
  if (octets.length < length) return moreOfProxyHeader;
  if (family.kind === 'none' || family.kind === 'unix') return whole(length, false, null);
  return whole(length, false, family.kind === 'ipv4' ? ipv4Ends(octets) : ipv6Ends(octets));
}

function whole(length: number, local: boolean, ends: ProxiedEnds | null): ProxyHeaderResult {
  return { kind: 'header', length, local, ends };
}

function ipv4Ends(octets: Buffer): ProxiedEnds {
  return {
    sourceAddress: octets.subarray(16, 20).join('.'),
    sourcePort: octets.readUInt16BE(24),
    destinationAddress: octets.subarray(20, 24).join('.'),
    destinationPort: octets.readUInt16BE(26),
  };
}

function ipv6Ends(octets: Buffer): ProxiedEnds {
  return {
    sourceAddress: ipv6Text(octets, 16),
    sourcePort: octets.readUInt16BE(48),
    destinationAddress: ipv6Text(octets, 32),
    destinationPort: octets.readUInt16BE(50),
  };
}

function ipv6Text(octets: Buffer, at: number): string {
  const text = Array.from({ length: 8 }, (_, group) => octets.readUInt16BE(at + group * 2).toString(16)).join(':');
  return comparableAddress(text) ?? text;
}
