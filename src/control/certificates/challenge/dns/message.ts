/** The parts of DNS messages (RFC 1035) a dynamic update needs. Names are absolute, without a trailing dot. */

export const recordTypes = { SOA: 6, TXT: 16, TSIG: 250 } as const;
export const recordClasses = { IN: 1, NONE: 254, ANY: 255 } as const;

export function uint16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(value);
  return bytes;
}

export function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

/** A name in wire form, lower case, uncompressed. Throws a RangeError for labels DNS cannot hold. */
export function encodeName(name: string): Buffer {
  const labels = name === '' ? [] : name.toLowerCase().split('.');
  const parts = labels.map((label) => {
    const bytes = Buffer.from(label, 'latin1');
    if (bytes.length === 0 || bytes.length > 63) throw new RangeError(`${name} is no DNS name`);
    return Buffer.concat([Buffer.of(bytes.length), bytes]);
  });
  const wire = Buffer.concat([...parts, Buffer.of(0)]);
  if (wire.length > 255) throw new RangeError(`${name} is too long for DNS`);
  return wire;
}

export interface ResourceRecord {
  readonly name: string;
  readonly type: number;
  readonly class: number;
  readonly ttl: number;
  readonly data: Buffer;
}

export function encodeRecord(record: ResourceRecord): Buffer {
  const { name, type, class: klass, ttl, data } = record;
  return Buffer.concat([encodeName(name), uint16(type), uint16(klass), uint32(ttl), uint16(data.length), data]);
}

/** The data of a TXT record with one string of at most 255 bytes. */
export function textData(value: string): Buffer {
  const bytes = Buffer.from(value, 'latin1');
  return Buffer.concat([Buffer.of(bytes.length), bytes]);
}

export interface Header {
  readonly id: number;
  /** The second 16 bits: QR, opcode, flags, rcode. */
  readonly flags: number;
  /** Entries of the four sections. */
  readonly counts: readonly [number, number, number, number];
}

export function encodeHeader({ id, flags, counts }: Header): Buffer {
  return Buffer.concat([uint16(id), uint16(flags), ...counts.map(uint16)]);
}

/** The header of a message; null when it is too short. */
export function decodeHeader(message: Buffer): Header | null {
  if (message.length < 12) return null;
  const at = (offset: number): number => message.readUInt16BE(offset);
  return { id: at(0), flags: at(2), counts: [at(4), at(6), at(8), at(10)] };
}

/** The offset after the name at `offset`, compressed or not; -1 when it runs out of the message. */
export function skipName(message: Buffer, offset: number): number {
  for (let at = offset; at < message.length; ) {
    const length = message[at]!;
    if (length === 0) return at + 1;
    if (length >= 0xc0) return at + 2 <= message.length ? at + 2 : -1;
    at += 1 + length;
  }
  return -1;
}
