import { isIPv6 } from 'node:net';

/** 1 for the octets of a registered name or IPv4 address as they occur in real host names (RFC 3986 §3.2.2). */
const nameOctet = new Uint8Array(256);
for (const character of 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._') {
  nameOctet[character.charCodeAt(0)] = 1;
}

const longestHost = 255;
/** The longest text of an IPv6 address, with an IPv4 address at its end (RFC 4291 §2.2), and its brackets. */
const longestLiteral = 47;
const highestPort = 65535;
const DOT = 0x2e;

/**
 * Checks `uri-host [":" port]` (RFC 9112 §3.2): no user, no path, no percent-encoding, nothing to argue about.
 * A name has no empty label but may end in a dot; an IPv6 address is a whole one, without a zone; a port is empty or
 * at most 65535. Whether a name exists is for the routes to say.
 * Returns the offset where the host ends (its port, if any, follows) or -1.
 */
export function readHost(bytes: Buffer, start: number, end: number): number {
  if (start === end) return -1;
  const hostEnd = bytes[start] === 0x5b ? readLiteral(bytes, start, end) : readName(bytes, start, end);
  if (hostEnd < 0 || hostEnd === end) return hostEnd;
  if (bytes[hostEnd] !== 0x3a || end - hostEnd > 6) return -1;
  let port = 0;
  for (let i = hostEnd + 1; i < end; i++) {
    const digit = bytes[i]! - 0x30;
    if (digit < 0 || digit > 9) return -1;
    port = port * 10 + digit;
  }
  return port > highestPort ? -1 : hostEnd;
}

function readName(bytes: Buffer, start: number, end: number): number {
  let i = start;
  let before = DOT;
  while (i < end) {
    const octet = bytes[i]!;
    if (nameOctet[octet] !== 1) break;
    if (octet === DOT && before === DOT) return -1;
    before = octet;
    i++;
  }
  return i === start || i - start > longestHost ? -1 : i;
}

function readLiteral(bytes: Buffer, start: number, end: number): number {
  const close = bytes.subarray(start, Math.min(end, start + longestLiteral)).indexOf(0x5d);
  if (close < 0) return -1;
  const address = bytes.toString('latin1', start + 1, start + close);
  return isIPv6(address) && !address.includes('%') ? start + close + 1 : -1;
}
