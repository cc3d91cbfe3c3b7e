/** Longest host name in text form (RFC 1035 section 2.3.4, without the final dot). */
const longestName = 253;
const longestLabel = 63;
const dot = 0x2e;

/**
 * The form in which host names are compared: lower case, one trailing dot removed.
 * Letters, digits, `-` and `_` in labels of 1 to 63 octets, 253 in all; null for anything else.
 */
export function normaliseServerName(octets: Buffer): string | null {
  let end = octets.length;
  if (end > 0 && octets[end - 1] === dot) end--;
  if (end === 0 || end > longestName) return null;
  let label = 0;
  for (let at = 0; at < end; at++) {
    const octet = octets[at]!;
    if (octet === dot) {
      if (label === 0) return null;
      label = 0;
    } else if (++label > longestLabel || !isNameOctet(octet)) {
      return null;
    }
  }
  return label === 0 ? null : octets.toString('latin1', 0, end).toLowerCase();
}

function isNameOctet(octet: number): boolean {
  const lower = octet | 0x20;
  return (lower >= 0x61 && lower <= 0x7a) || (octet >= 0x30 && octet <= 0x39) || octet === 0x2d || octet === 0x5f;
}
