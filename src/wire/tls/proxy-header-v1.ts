import { isIPv4, isIPv6 } from 'node:net';
import { comparableAddress } from '../../model/host.ts';
import {
  moreOfProxyHeader,
  type ProxiedEnds,
  type ProxyHeaderResult,
  proxyHeaderFailure,
} from './proxy-header-result.ts';

/** Version 1 of the PROXY protocol: one line of text. */

const prefix = Buffer.from('PROXY ', 'latin1');
/** Octets of the longest line, its end included (section 2.1). */
const longestLine = 107;
const CR = 0x0d;
const LF = 0x0a;

const addressLine = /^PROXY (TCP4|TCP6) ([0-9a-fA-F.:]+) ([0-9a-fA-F.:]+) (0|[1-9]\d{0,4}) (0|[1-9]\d{0,4})$/;
const unknownLine = /^PROXY UNKNOWN(?: |$)/;

/** Whether the octets agree with the first of a line, as far as both go. */
export function looksLikeProxyV1(octets: Buffer): boolean {
  const length = Math.min(octets.length, prefix.length);
  return octets.compare(prefix, 0, length, 0, length) === 0;
}

/** Takes what {@link looksLikeProxyV1}. */
export function readProxyV1(octets: Buffer): ProxyHeaderResult {
  const there = octets.subarray(0, longestLine);
  const end = there.findIndex((octet) => octet === CR || octet === LF);
  if (end < 0) return there.length < longestLine ? moreOfProxyHeader : proxyHeaderFailure('PROXY line too long');
  if (there[end] === LF) return proxyHeaderFailure('PROXY line ends in a bare LF');
  if (end + 1 === longestLine) return proxyHeaderFailure('PROXY line too long');
  if (end + 1 === there.length) return moreOfProxyHeader;
  if (there[end + 1] !== LF) return proxyHeaderFailure('PROXY line holds a bare CR');
  const line = there.toString('latin1', 0, end);
  const length = end + 2;
  if (unknownLine.test(line)) return { kind: 'header', length, local: false, ends: null };
  const ends = endsOf(line);
  return ends === null ? proxyHeaderFailure('malformed PROXY line') : { kind: 'header', length, local: false, ends };
}

function endsOf(line: string): ProxiedEnds | null {
  const match = addressLine.exec(line);
  if (match === null) return null;
  const [, family, source = '', destination = '', ...ports] = match;
  const isOfFamily = family === 'TCP4' ? isIPv4 : isIPv6;
  const [sourcePort = 0, destinationPort = 0] = ports.map(Number);
  if (!isOfFamily(source) || !isOfFamily(destination) || Math.max(sourcePort, destinationPort) > 65_535) return null;
  const sourceAddress = comparableAddress(source);
  const destinationAddress = comparableAddress(destination);
  if (sourceAddress === null || destinationAddress === null) return null;
  return { sourceAddress, sourcePort, destinationAddress, destinationPort };
}
