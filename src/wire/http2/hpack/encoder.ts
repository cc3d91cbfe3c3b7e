import { copyBytes, sameBytes } from '../../bytes.ts';
import { sameLoweredWords, sameWords, WordView } from '../../words.ts';
import { lowered } from '../fields/characters.ts';
import { isConnectionSpecific, isCredential, KnownName, knownName, staticNameIndex } from '../fields/known-names.ts';
import { DynamicTable, entryOverhead } from './dynamic-table.ts';
import { writeInteger } from './integer.ts';
import { staticCount, staticTable } from './static-table.ts';

/** Fields to encode, in the shape of an HTTP/1.1 head: four offsets a field (start and end of name and value). */
export interface Fields {
  readonly count: number;
  readonly bytes: Buffer;
  readonly offsets: Int32Array;
  /** They came in a head with fields that nobody may index (RFC 7541 §6.2.3). */
  readonly secret?: boolean;
}

/** Our table never grows above this, whatever the peer allows (RFC 7541 §4.2 lets the encoder choose). */
const tableBytes = 4096;
const mostEntries = tableBytes / entryOverhead;
/** An entry that would fill a quarter of the table drives out too much. */
const longestEntry = 1024;
const seenMask = 63;
const bucketMask = 255;
/** Heads to be encoded are written into the same memory again and again. */
const headView = new WordView();
/** Fields of a head whose entry is remembered by position. */
const guesses = 64;

/** For each status: its entry of the static table, or 0. */
const statusIndices = new Uint8Array(1000);
for (const [position, [name, value]] of staticTable.entries()) {
  if (name === ':status') statusIndices[Number(value)] = position + 1;
}

/** The most octets a field can take encoded, beyond its name and value: two integers and the octet of the pattern. */
const fieldOverhead = 8;
/** Where a lower-cased name is put, behind the place of its literal. */
const nameGap = 16;
/** The most octets beyond the fields: size updates, `:status`, and room to work behind the last field. */
export const headOverhead = 64;

/**
 * Encodes fields into HPACK (RFC 7541) straight from bytes: own dynamic table, no Huffman coding. A field enters the table when it
 * is seen the second time, so values that never repeat stay out of it; credentials never do (RFC 7541 §7.1.3).
 *
 * A block is written by `begin`, then `status` or `pseudo`, then `field` for each field; each returns the end of what is written.
 * The caller leaves room: see `headOverhead` and `fieldOverhead`.
 */
export class Encoder {
  readonly #table = new DynamicTable(tableBytes);
  readonly #leavesOutHost: boolean;
  /** Hash of each entry, by its place in the ring. */
  #hashes = none;
  /** Entry numbers by two pieces of the hash; whoever comes later takes the place. */
  #buckets = none;
  /** Hashes of fields seen lately and not stored. */
  #seen = none;
  /** The entry used last for the n-th field of a head: most heads of a connection look alike. */
  #guesses = none;
  #position = 0;
  #secret = false;
  #peerLimit = tableBytes;
  /** Least limit since the last block, and whether an update is owed (RFC 7541 §4.2). */
  #least = tableBytes;
  #owesUpdate = false;

  /** `leavesOutHost`: for requests, which name the host in `:authority` (RFC 9113 §8.3.1). */
  constructor(leavesOutHost = false) {
    this.#leavesOutHost = leavesOutHost;
  }

  /** The peer's SETTINGS_HEADER_TABLE_SIZE. */
  setLimit(bytes: number): void {
    this.#peerLimit = Math.min(bytes, tableBytes);
    this.#least = Math.min(this.#least, this.#peerLimit);
    if (this.#peerLimit !== this.#table.limit || this.#least !== this.#table.limit) this.#owesUpdate = true;
  }

  /** Starts a block. `secret`: none of its fields may be indexed by anyone (RFC 7541 §6.2.3). */
  begin(out: Buffer, at: number, secret = false): number {
    this.#position = 0;
    this.#secret = secret;
    if (!this.#owesUpdate) return at;
    this.#owesUpdate = false;
    if (this.#least < this.#peerLimit) at = this.#update(out, at, this.#least);
    at = this.#update(out, at, this.#peerLimit);
    this.#least = this.#peerLimit;
    return at;
  }

  #update(out: Buffer, at: number, limit: number): number {
    this.#table.resize(limit);
    return writeInteger(out, at, 0x20, 0x1f, limit);
  }

  /** `:status`, a number from 100 to 999. */
  status(out: Buffer, at: number, status: number): number {
    const index = statusIndices[status] ?? 0;
    if (index !== 0) {
      out[at] = 0x80 | index;
      return at + 1;
    }
    out[at] = staticNameIndex[KnownName.STATUS]!;
    out[at + 1] = 3;
    out[at + 2] = 48 + Math.floor(status / 100);
    out[at + 3] = 48 + (Math.floor(status / 10) % 10);
    out[at + 4] = 48 + (status % 10);
    return at + 5;
  }

  /** A pseudo-field of a request, by its known name; common values are in the static table. */
  pseudo(out: Buffer, at: number, id: number, bytes: Buffer, start: number, end: number): number {
    for (let index = this.#secret ? 0 : staticNameIndex[id]!; index > 0 && index <= staticCount; index++) {
      const entry = staticTable[index - 1]!;
      if (entry[0] !== staticTable[staticNameIndex[id]! - 1]![0]) break;
      if (entry[1] !== '' && entry[1].length === end - start && bytes.toString('latin1', start, end) === entry[1]) {
        out[at] = 0x80 | index;
        return at + 1;
      }
    }
    if (id === KnownName.PROTOCOL) return this.#field(out, at, protocolName, 0, protocolName.length, bytes, start, end);
    const name = pseudoNames[id]!;
    return this.#field(out, at, name, 0, name.length, bytes, start, end);
  }

  /** All fields of a head, in order. */
  fields(out: Buffer, at: number, fields: Fields): number {
    const { bytes, offsets } = fields;
    const last = fields.count * 4;
    for (let slot = 0; slot < last; slot += 4) {
      at = this.field(out, at, bytes, offsets[slot]!, offsets[slot + 1]!, offsets[slot + 2]!, offsets[slot + 3]!);
    }
    return at;
  }

  /**
   * The field lines in a range (`Name: value CR LF`, back to back, as an HTTP/1.1 head has them); white space around values is left out.
   * A line without a colon, or an end without its CR LF, ends it.
   */
  lines(out: Buffer, at: number, bytes: Buffer, start: number, end: number): number {
    let line = start;
    while (line < end) {
      const known = this.#secret ? 0 : this.#guessLine(bytes, line, end);
      if (known > 0) {
        at = this.#writeIndexed(out, at, this.#guesses[this.#position++]!);
        line += known;
        continue;
      }
      let colon = line;
      while (colon < end && bytes[colon] !== 58) colon++;
      let lineEnd = colon;
      while (lineEnd < end && bytes[lineEnd] !== 13) lineEnd++;
      if (lineEnd >= end) break;
      let from = colon + 1;
      let to = lineEnd;
      while (from < to && (bytes[from] === 32 || bytes[from] === 9)) from++;
      while (to > from && (bytes[to - 1] === 32 || bytes[to - 1] === 9)) to--;
      at = this.field(out, at, bytes, line, colon, from, to);
      line = lineEnd + 2;
    }
    return at;
  }

  /** Length of the line when it is the entry that stood here in the last head, 0 otherwise: entries are lines, so one look at it is enough. */
  #guessLine(bytes: Buffer, line: number, end: number): number {
    if (this.#position >= this.#guesses.length) return 0;
    const guess = this.#guesses[this.#position]!;
    const table = this.#table;
    if (guess < 0 || !table.holds(guess)) return 0;
    const slot = guess & table.mask;
    const nameLength = table.nameLengths[slot]!;
    const length = nameLength + table.valueLengths[slot]! + 4;
    if (length > end - line || table.notes[slot] === unlikeWords) return 0;
    const start = table.starts[slot]!;
    const { words } = table;
    const head = headView.of(bytes);
    if (!sameLoweredWords(head, line, words, start, nameLength + 2)) return 0;
    return sameWords(head, line + nameLength, words, start + nameLength, length - nameLength) ? length : 0;
  }

  /** One field, its name lower-cased. Fields that speak of one connection leave nothing (RFC 9113 §8.2.2), and `te` only when it says `trailers`. */
  field(
    out: Buffer,
    at: number,
    bytes: Buffer,
    nameStart: number,
    nameEnd: number,
    start: number,
    end: number,
  ): number {
    return this.#field(out, at, bytes, nameStart, nameEnd, bytes, start, end);
  }

  #field(
    out: Buffer,
    at: number,
    names: Buffer,
    nameStart: number,
    nameEnd: number,
    values: Buffer,
    start: number,
    end: number,
  ): number {
    const position = this.#position++;
    const mayGuess = !this.#secret && position < guesses && this.#guesses.length > 0;
    const guess = mayGuess ? this.#guesses[position]! : -1;
    if (guess >= 0 && this.#table.holds(guess) && this.#isEntry(guess, names, nameStart, nameEnd, values, start, end)) {
      return this.#writeIndexed(out, at, guess);
    }
    // The literal is written behind where it will stand and moved when its first octets are known; the name must be
    // lower-cased somewhere, and this is where it ends up most often.
    const nameLength = nameEnd - nameStart;
    const nameAt = at + nameGap;
    let hash = nameLength;
    for (let index = 0; index < nameLength; index++) {
      const octet = lowered[names[nameStart + index]!]!;
      out[nameAt + index] = octet;
      hash = (Math.imul(hash, 31) + octet) | 0;
    }
    const id = knownName(out, nameAt, nameLength);
    const valueLength = end - start;
    if (isConnectionSpecific(id) || (id === KnownName.HOST && this.#leavesOutHost)) return at;
    if (id === KnownName.TE && !(valueLength === 8 && sameBytes(values, start, trailersToken, 0, 8))) return at;
    const never = this.#secret || isCredential(id);
    if (never || nameLength + valueLength > longestEntry || this.#table.limit === 0) {
      return writeLiteral(out, at, never ? 0x10 : 0, 0x0f, id, nameAt, nameLength, values, start, valueLength);
    }
    for (let index = start; index < end; index++) hash = (Math.imul(hash, 31) + values[index]!) | 0;
    hash ^= hash >>> 15;
    const entry = this.#find(hash, names, nameStart, nameEnd, values, start, end);
    if (entry >= 0) {
      if (position < guesses) this.#guesses[position] = entry;
      return this.#writeIndexed(out, at, entry);
    }
    if (this.#seen[hash & seenMask] !== hash) {
      this.#seen[hash & seenMask] = hash;
      return writeLiteral(out, at, 0, 0x0f, id, nameAt, nameLength, values, start, valueLength);
    }
    this.#insert(hash, out, nameAt, nameLength, values, start, valueLength, position);
    return writeLiteral(out, at, 0x40, 0x3f, id, nameAt, nameLength, values, start, valueLength);
  }

  #isEntry(
    number: number,
    names: Buffer,
    nameStart: number,
    nameEnd: number,
    values: Buffer,
    start: number,
    end: number,
  ): boolean {
    const table = this.#table;
    const slot = number & table.mask;
    const nameLength = nameEnd - nameStart;
    const valueLength = end - start;
    if (table.nameLengths[slot] !== nameLength || table.valueLengths[slot] !== valueLength) return false;
    const { lines } = table;
    const line = table.starts[slot]!;
    for (let index = 0; index < nameLength; index++) {
      const octet = names[nameStart + index]!;
      if (octet !== lines[line + index] && lowered[octet] !== lines[line + index]) return false;
    }
    const value = line + nameLength + 2;
    for (let index = 0; index < valueLength; index++) {
      if (values[start + index] !== lines[value + index]) return false;
    }
    return true;
  }

  #find(
    hash: number,
    names: Buffer,
    nameStart: number,
    nameEnd: number,
    values: Buffer,
    start: number,
    end: number,
  ): number {
    if (this.#seen.length === 0) this.#allocate();
    for (let probe = 0; probe < 2; probe++) {
      const number = this.#buckets[bucketOf(hash, probe)]!;
      if (number < 0 || !this.#table.holds(number) || this.#hashes[number & this.#table.mask] !== hash) continue;
      if (this.#isEntry(number, names, nameStart, nameEnd, values, start, end)) return number;
    }
    return -1;
  }

  #allocate(): void {
    // One piece of memory for all: a piece costs more than most of these hold, and there are many connections.
    const memory = new ArrayBuffer(4 * (mostEntries + bucketMask + 1 + seenMask + 1 + guesses));
    this.#hashes = new Int32Array(memory, 0, mostEntries);
    this.#buckets = new Int32Array(memory, 4 * mostEntries, bucketMask + 1).fill(-1);
    const seenAt = 4 * (mostEntries + bucketMask + 1);
    this.#seen = new Int32Array(memory, seenAt, seenMask + 1);
    this.#guesses = new Int32Array(memory, seenAt + 4 * (seenMask + 1), guesses).fill(-1);
  }

  #insert(
    hash: number,
    out: Buffer,
    nameAt: number,
    nameLength: number,
    values: Buffer,
    start: number,
    valueLength: number,
    position: number,
  ): void {
    const table = this.#table;
    // Written as a line just behind the name, where the literal's value has not been put yet.
    const lineValue = nameAt + nameLength + 2;
    out[lineValue - 2] = 58;
    out[lineValue - 1] = 32;
    copyBytes(values, start, valueLength, out, lineValue);
    out[lineValue + valueLength] = 13;
    out[lineValue + valueLength + 1] = 10;
    if (!table.insert(out, nameAt, nameLength, valueLength, noteOf(out, nameAt, nameLength))) return;
    const number = table.inserted - 1;
    this.#hashes[number & table.mask] = hash;
    const first = bucketOf(hash, 0);
    const taken = this.#buckets[first]! >= 0 && table.holds(this.#buckets[first]!);
    this.#buckets[taken ? bucketOf(hash, 1) : first] = number;
    if (position < guesses) this.#guesses[position] = number;
  }

  #writeIndexed(out: Buffer, at: number, number: number): number {
    return writeInteger(out, at, 0x80, 0x7f, staticCount + this.#table.inserted - number);
  }
}

const none = new Int32Array(0);
const trailersToken = Buffer.from('trailers');
const protocolName = Buffer.from(':protocol');
const pseudoNames: readonly Buffer[] = ['', ':authority', ':method', ':path', ':scheme', ':status', ':protocol'].map(
  (name) => Buffer.from(name),
);

/** Note of an entry whose name {@link sameLoweredWords} could take for another, or is too short for it. */
const unlikeWords = 1;

function noteOf(bytes: Buffer, start: number, length: number): number {
  if (length < 2) return unlikeWords;
  for (let index = start; index < start + length; index++) if (bytes[index] === 0x7e) return unlikeWords;
  return 0;
}

function bucketOf(hash: number, probe: number): number {
  return probe === 0 ? hash & bucketMask : (hash >>> 8) & bucketMask;
}

/** Writes a literal whose lower-cased name lies at `nameAt`, somewhat behind `at`. */
function writeLiteral(
  out: Buffer,
  at: number,
  pattern: number,
  mask: number,
  id: number,
  nameAt: number,
  nameLength: number,
  values: Buffer,
  start: number,
  valueLength: number,
): number {
  const nameIndex = staticNameIndex[id]!;
  at = writeInteger(out, at, pattern, mask, nameIndex);
  if (nameIndex === 0) {
    at = writeInteger(out, at, 0, 0x7f, nameLength);
    out.copyWithin(at, nameAt, nameAt + nameLength);
    at += nameLength;
  }
  at = writeInteger(out, at, 0, 0x7f, valueLength);
  copyBytes(values, start, valueLength, out, at);
  return at + valueLength;
}

/** The most octets that lines take encoded: the integers take the place of `:` CR LF, and one or two octets more in lines above 128. */
export function sizeOfLines(length: number): number {
  return length + (length >> 6);
}

/** The most octets that fields take encoded. */
export function sizeOf(fields: Fields): number {
  if (fields.count === 0) return 0;
  const { count, offsets } = fields;
  return offsets[4 * count - 1]! - offsets[0]! + count * fieldOverhead;
}
