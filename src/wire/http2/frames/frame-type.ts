/** Frame types (RFC 9113 §6; PRIORITY_UPDATE RFC 9218 §7.1). */
export const FrameType = Object.freeze({
  DATA: 0x0,
  HEADERS: 0x1,
  PRIORITY: 0x2,
  RST_STREAM: 0x3,
  SETTINGS: 0x4,
  PUSH_PROMISE: 0x5,
  PING: 0x6,
  GOAWAY: 0x7,
  WINDOW_UPDATE: 0x8,
  CONTINUATION: 0x9,
  PRIORITY_UPDATE: 0x10,
});

/** Flags; each means something only on the frames that define it. */
export const Flag = Object.freeze({ END_STREAM: 0x1, ACK: 0x1, END_HEADERS: 0x4, PADDED: 0x8, PRIORITY: 0x20 });

/** Octets of a frame header (RFC 9113 §4.1). */
export const frameHeaderLength = 9;
/** What every endpoint must be able to receive (RFC 9113 §4.2), and what this one allows its peers. */
export const leastMaxFrameSize = 16384;
export const greatestMaxFrameSize = 2 ** 24 - 1;
/** The greatest window and the initial one (RFC 9113 §6.9.1, §6.9.2). */
export const greatestWindow = 2 ** 31 - 1;
export const initialWindow = 65535;

/** A 31-bit number: stream identifiers and increments, the reserved bit left out. */
export function read31(bytes: Uint8Array, at: number): number {
  return ((bytes[at]! & 0x7f) << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!;
}

export function read32(bytes: Uint8Array, at: number): number {
  return read31(bytes, at) + (bytes[at]! & 0x80 ? 2 ** 31 : 0);
}

export function write32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 24;
  bytes[at + 1] = value >>> 16;
  bytes[at + 2] = value >>> 8;
  bytes[at + 3] = value;
}
