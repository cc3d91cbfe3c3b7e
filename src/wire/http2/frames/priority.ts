/** Octets of a PRIORITY payload; any other length is a stream error FRAME_SIZE_ERROR (RFC 9113 §6.3). What it says is ignored. */
export const priorityLength = 5;

/** Octets of a PRIORITY_UPDATE before the field value (RFC 9218 §7.1). */
export const priorityUpdateLength = 4;

/** Urgency when none is given (RFC 9218 §4.1); 0 is the most urgent, 7 the least. */
export const defaultUrgency = 3;
/** Added to the urgency of an incremental response (RFC 9218 §4.2). */
export const incrementalBit = 8;

/**
 * Reads a `priority` field value: `u=0` to `u=7`, and `i`. Returns urgency plus `incrementalBit`; what is not understood keeps
 * its default (RFC 9218 §4).
 */
export function readPriority(bytes: Buffer, start: number, end: number): number {
  let urgency = defaultUrgency;
  let incremental = 0;
  let atKey = true;
  for (let index = start; index < end; index++) {
    const octet = bytes[index]!;
    if (octet === comma || (atKey && octet === space)) {
      atKey = true;
      continue;
    }
    if (atKey && octet === letterU && bytes[index + 1] === equals && index + 2 < end) {
      const digit = bytes[index + 2]! - 48;
      if (digit >= 0 && digit <= 7 && endsItem(bytes, index + 3, end)) urgency = digit;
    } else if (atKey && octet === letterI) {
      if (endsItem(bytes, index + 1, end)) incremental = incrementalBit;
      else if (bytes[index + 1] === equals && bytes[index + 2] === question && index + 3 < end) {
        incremental = bytes[index + 3] === 49 ? incrementalBit : 0;
      }
    }
    atKey = false;
  }
  return urgency + incremental;
}

const comma = 44;
const space = 32;
const equals = 61;
const question = 63;
const semicolon = 59;
const letterU = 117;
const letterI = 105;

function endsItem(bytes: Buffer, at: number, end: number): boolean {
  return at >= end || bytes[at] === comma || bytes[at] === space || bytes[at] === semicolon;
}
