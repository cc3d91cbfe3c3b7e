/** 1 for the octets of a registered name or IPv4 address as they occur in real host names (RFC 3986 §3.2.2). */
const nameOctet = new Uint8Array(256);
for (const character of 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._') {
  nameOctet[character.charCodeAt(0)] = 1;
}

/** 1 for the octets between the brackets of an IPv6 address. */
const addressOctet = new Uint8Array(256);
for (const character of 'abcdefABCDEF0123456789:.') addressOctet[character.charCodeAt(0)] = 1;

const longestHost = 255;

/**
 * Checks `uri-host [":" port]` (RFC 9112 §3.2): no user, no path, no percent-encoding, nothing to argue about.
 * Returns the offset where the host ends (its port, if any, follows) or -1.
 */
export function readHost(bytes: Buffer, start: number, end: number): number {
  let i = start;
  if (bytes[i] === 0x5b) {
    i++;
    while (i < end && addressOctet[bytes[i]!] === 1) i++;
    if (i >= end || bytes[i] !== 0x5d || i - start < 3) return -1;
    i++;
  } else {
    while (i < end && nameOctet[bytes[i]!] === 1) i++;
  }
  const hostEnd = i;
  if (hostEnd === start || hostEnd - start > longestHost) return -1;
  if (i === end) return hostEnd;
  if (bytes[i] !== 0x3a || end - i > 6) return -1;
  for (i++; i < end; i++) if (bytes[i]! < 0x30 || bytes[i]! > 0x39) return -1;
  return hostEnd;
}
