/**
 * Where the fields of one message head stand in its bytes. Filled by a reader, walked by routes, guards and filters;
 * nothing is copied and no string is made until somebody asks for a value.
 *
 * Both versions of HTTP fill it alike, so everything above the wire works on one form.
 */
export class FieldTable {
  /** Number of fields. */
  count = 0;
  /** Where the last field line ends: the offset of the blank line. */
  end = 0;
  /** The bytes that all offsets point into. */
  bytes: Buffer = emptyBuffer;
  /** They came by HTTP/2 in a head with fields that nobody may index (RFC 7541 §6.2.3). */
  secret = false;
  /** Memory that `bytes` may be set to by a reader whose own is used again. */
  store: Buffer = emptyBuffer;
  /** Four numbers a field: start and end of its name, start and end of its value (without surrounding white space). */
  readonly offsets: Int32Array;
  /** Id of each field's name (see field-names.ts): 0 for a name that is not known, 255 for an imitation. */
  readonly ids: Uint8Array;

  /** Holds at most `capacity` fields. */
  constructor(capacity: number) {
    this.offsets = new Int32Array(capacity * 4);
    this.ids = new Uint8Array(capacity);
  }

  /** Most fields it can hold. */
  get capacity(): number {
    return this.ids.length;
  }

  /** Index of the first field with this id, -1 if there is none. */
  find(id: number): number {
    for (let i = 0; i < this.count; i++) if (this.ids[i] === id) return i;
    return -1;
  }

  /** Where the whole line of a field begins; it ends where the next begins. Lines stand back to back. */
  lineStart(index: number): number {
    return this.offsets[index * 4]!;
  }

  lineEnd(index: number): number {
    return index + 1 < this.count ? this.offsets[index * 4 + 4]! : this.end;
  }

  /** Where the value of field `index` stands; without the white space around it. */
  valueStart(index: number): number {
    return this.offsets[index * 4 + 2]!;
  }

  valueEnd(index: number): number {
    return this.offsets[index * 4 + 3]!;
  }

  /** Name of field `index` as it was sent; compare it without regard to case (RFC 9110 §5.1). */
  name(index: number): string {
    return this.bytes.toString('latin1', this.offsets[index * 4]!, this.offsets[index * 4 + 1]!);
  }

  /** Value of field `index`, an octet a character (ISO 8859-1). */
  value(index: number): string {
    return this.bytes.toString('latin1', this.offsets[index * 4 + 2]!, this.offsets[index * 4 + 3]!);
  }

  /** Value of the first field with this id, or undefined. */
  get(id: number): string | undefined {
    const index = this.find(id);
    return index < 0 ? undefined : this.value(index);
  }

  /** Values of all fields with this id, joined as RFC 9110 §5.3 allows, or undefined. */
  join(id: number): string | undefined {
    let joined: string | undefined;
    for (let i = 0; i < this.count; i++) {
      if (this.ids[i] !== id) continue;
      joined = joined === undefined ? this.value(i) : `${joined}, ${this.value(i)}`;
    }
    return joined;
  }
}

const emptyBuffer = Buffer.alloc(0);
