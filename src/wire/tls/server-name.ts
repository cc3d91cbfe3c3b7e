/** Longest host name in text form (RFC 1035 section 2.3.4, without the final dot). */
const longestName = 253;
const longestLabel = 63;

/**
 * The form in which host names are compared: lower case, one trailing dot removed.
 * Letters, digits, `-` and `_` in labels of 1 to 63 octets, 253 in all; null for anything else.
 */
export function normaliseServerName(octets: Uint8Array): string | null {
  let end = octets.length;
  if (end > 0 && octets[end - 1] === 0x2e) end--;
  if (end === 0 || end > longestName) return null;
  let name = '';
  let label = 0;
  for (let at = 0; at < end; at++) {
    const octet = octets[at]!;
    if (octet === 0x2e) {
      if (label === 0) return null;
      label = 0;
      name += '.';
      continue;
    }
    if (++label > longestLabel) return null;
    const lower = octet >= 0x41 && octet <= 0x5a ? octet + 0x20 : octet;
    if (!isNameOctet(lower)) return null;
    name += String.fromCharCode(lower);
  }
  return label === 0 ? null : name;
}

function isNameOctet(octet: number): boolean {
  return (octet >= 0x61 && octet <= 0x7a) || (octet >= 0x30 && octet <= 0x39) || octet === 0x2d || octet === 0x5f;
}
