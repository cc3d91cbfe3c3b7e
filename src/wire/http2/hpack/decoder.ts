import { copyBytes } from '../../bytes.ts';
import { ErrorCode } from '../errors.ts';
import { isFieldValue } from '../fields/characters.ts';
import { type FieldIds, ownFieldIds } from '../fields/field-ids.ts';
import { FieldNote, type FieldSection } from '../fields/field-section.ts';
import { isCredential } from '../fields/known-names.ts';
import { DynamicTable } from './dynamic-table.ts';
import { decodeHuffman } from './huffman.ts';
import { readInteger } from './integer.ts';
import { staticCount, staticTable } from './static-table.ts';

/** The static table as lines, each at `staticStarts[index]`. */
const staticLines = Buffer.from(staticTable.map(([name, value]) => `${name}: ${value}\r\n`).join(''), 'latin1');
const staticStarts = new Int32Array(staticCount + 1);
const staticNameLengths = new Int32Array(staticCount + 1);
const staticValueLengths = new Int32Array(staticCount + 1);
{
  let start = 0;
  for (const [position, [name, value]] of staticTable.entries()) {
    const index = position + 1;
    staticStarts[index] = start;
    staticNameLengths[index] = name.length;
    staticValueLengths[index] = value.length;
    start += name.length + value.length + 4;
  }
}

/** Room a line needs beyond the decoded name and value. */
const lineExtra = 4;
const indexedMask = 0x7f;
const incrementalMask = 0x3f;
const updateMask = 0x1f;
const literalMask = 0x0f;
const neverMask = 0xf0;
const neverPattern = 0x10;

/** Entries taken in one copy; the room for a line is enough for the whole table. */
const longestRun = 64;

function lineEnd(table: DynamicTable, number: number): number {
  const slot = number & table.mask;
  return table.starts[slot]! + table.nameLengths[slot]! + table.valueLengths[slot]! + lineExtra;
}

/** Room a section needs for one line while a block of at most `blockBytes` is decoded with a table of `tableBytes`. */
export function longestLine(blockBytes: number, tableBytes: number): number {
  return Math.ceil((blockBytes * 8) / 5) + tableBytes + 64;
}

/**
 * Decodes field blocks (RFC 7541) straight into the lines of a section. One decoder serves one connection in one direction.
 */
export class Decoder {
  readonly #table: DynamicTable;
  readonly #cursor = { at: 0, end: 0 };
  /** Octets decoded in one block above which the peer is no honest one. */
  readonly #mostDecoded: number;
  readonly #ids: FieldIds;
  /** The greatest table size allowed to the peer. */
  #limit: number;
  /** The peer owes a size update: the limit went below the size in use (RFC 7541 §4.2). */
  #owesUpdate = false;

  /** `tableBytes`: SETTINGS_HEADER_TABLE_SIZE as announced. `mostDecoded`: see ENHANCE_YOUR_CALM below. `ids` number the names. */
  constructor(tableBytes: number, mostDecoded: number, ids: FieldIds = ownFieldIds) {
    this.#ids = ids;
    // Until the settings are acknowledged the peer may use the initial size (RFC 9113 §6.5.2).
    this.#limit = Math.max(tableBytes, initialTableBytes);
    this.#mostDecoded = mostDecoded;
    this.#table = new DynamicTable(this.#limit);
    this.#table.limit = initialTableBytes;
  }

  /** The peer acknowledged this SETTINGS_HEADER_TABLE_SIZE. */
  setLimit(bytes: number): void {
    this.#limit = bytes;
    this.#owesUpdate = this.#table.limit > bytes;
  }

  /** Octets of the dynamic table in use, in the measure of RFC 7541 §4.1. */
  get tableSize(): number {
    return this.#table.size;
  }

  /**
   * Decodes one whole field block. Returns NO_ERROR, COMPRESSION_ERROR, or ENHANCE_YOUR_CALM when the block decodes to
   * far more than any honest section; after either error the state is lost and the connection must be closed (RFC 9113 §4.3).
   * What is wrong with the fields themselves is noted in the section.
   */
  decode(block: Buffer, start: number, end: number, section: FieldSection): number {
    const cursor = this.#cursor;
    cursor.at = start;
    cursor.end = end;
    let begun = false;
    while (cursor.at < end) {
      const first = block[cursor.at]!;
      if ((first & 0xe0) === 0x20) {
        if (begun || !this.#updateSize(block)) return ErrorCode.COMPRESSION_ERROR;
        continue;
      }
      if (this.#owesUpdate) return ErrorCode.COMPRESSION_ERROR;
      begun = true;
      if (!(first & 0x80 ? this.#indexed(block, section) : this.#literal(block, first, section))) {
        return ErrorCode.COMPRESSION_ERROR;
      }
      if (section.decoded > this.#mostDecoded) return ErrorCode.ENHANCE_YOUR_CALM;
    }
    return ErrorCode.NO_ERROR;
  }

  /** Dynamic table size update (RFC 7541 §6.3). */
  #updateSize(block: Buffer): boolean {
    const size = readInteger(block, this.#cursor, updateMask);
    if (size < 0 || size > this.#limit) return false;
    this.#table.resize(size);
    this.#owesUpdate = false;
    return true;
  }

  /** Indexed field (RFC 7541 §6.1). */
  #indexed(block: Buffer, section: FieldSection): boolean {
    const index = readInteger(block, this.#cursor, indexedMask);
    if (index <= 0) return false;
    if (index <= staticCount) {
      const nameLength = staticNameLengths[index]!;
      const valueLength = staticValueLengths[index]!;
      copyBytes(staticLines, staticStarts[index]!, nameLength + valueLength + lineExtra, section.bytes, section.end);
      section.add(nameLength, valueLength, this.#ids.staticNotes[index]!);
      return true;
    }
    const number = this.#table.numberAt(index - staticCount - 1);
    if (number < 0) return false;
    this.#copyRun(block, number, section);
    return true;
  }

  /**
   * Takes an entry of the dynamic table, and with it those that follow it both there and in the block: a client repeats its fields in the
   * order in which it sent them first, so that their lines lie in a row and one copy does for all.
   */
  #copyRun(block: Buffer, first: number, section: FieldSection): void {
    const table = this.#table;
    const cursor = this.#cursor;
    let last = first;
    let end = lineEnd(table, first);
    while (cursor.at < cursor.end && last + 1 < table.inserted && last - first < longestRun) {
      const next = staticCount + table.inserted - last - 1;
      if (next >= indexedMask || block[cursor.at] !== (0x80 | next)) break;
      if (table.starts[(last + 1) & table.mask] !== end) break;
      cursor.at++;
      end = lineEnd(table, ++last);
    }
    let copied = -1;
    for (let number = first; number <= last; number++) {
      const slot = number & table.mask;
      const start = table.starts[slot]!;
      // A field that was joined to another, or is not kept, leaves the rest of the copy in the wrong place.
      if (section.end !== copied) copyBytes(table.lines, start, end - start, section.bytes, section.end);
      copied = section.end + table.nameLengths[slot]! + table.valueLengths[slot]! + lineExtra;
      section.add(table.nameLengths[slot]!, table.valueLengths[slot]!, table.notes[slot]!);
    }
  }

  /** Literal field (RFC 7541 §6.2), with incremental indexing when the second bit is set. */
  #literal(block: Buffer, first: number, section: FieldSection): boolean {
    const incremental = (first & 0x40) !== 0;
    const out = section.bytes;
    const start = section.end;
    const index = readInteger(block, this.#cursor, incremental ? incrementalMask : literalMask);
    if (index < 0) return false;
    let note = 0;
    let nameEnd: number;
    if (index === 0) {
      nameEnd = this.#string(block, out, start);
      if (nameEnd < 0) return false;
      note = this.#ids.noteOf(out, start, nameEnd);
    } else {
      note = this.#copyName(index, out, start);
      if (note < 0) return false;
      nameEnd = this.#copiedEnd;
    }
    if ((first & neverMask) === neverPattern && !isCredential(note & FieldNote.NAME)) section.secret = true;
    out[nameEnd] = 58;
    out[nameEnd + 1] = 32;
    const valueEnd = this.#string(block, out, nameEnd + 2);
    if (valueEnd < 0) return false;
    out[valueEnd] = 13;
    out[valueEnd + 1] = 10;
    if (!isFieldValue(out, nameEnd + 2, valueEnd)) note |= FieldNote.BAD_VALUE;
    const valueLength = valueEnd - nameEnd - 2;
    if (incremental) this.#table.insert(out, start, nameEnd - start, valueLength, note);
    section.add(nameEnd - start, valueLength, note);
    return true;
  }

  #copiedEnd = 0;

  /** Copies the name of an entry to `out`; leaves its end in #copiedEnd. Returns its note, -1 without such an entry. */
  #copyName(index: number, out: Buffer, at: number): number {
    if (index <= staticCount) {
      const length = staticNameLengths[index]!;
      copyBytes(staticLines, staticStarts[index]!, length, out, at);
      this.#copiedEnd = at + length;
      return this.#ids.staticNotes[index]!;
    }
    const table = this.#table;
    const number = table.numberAt(index - staticCount - 1);
    if (number < 0) return -1;
    const slot = number & table.mask;
    const length = table.nameLengths[slot]!;
    copyBytes(table.lines, table.starts[slot]!, length, out, at);
    this.#copiedEnd = at + length;
    return table.notes[slot]! & ~FieldNote.BAD_VALUE;
  }

  /** A string literal (RFC 7541 §5.2), decoded to `at`. Returns its end, or -1. */
  #string(block: Buffer, out: Buffer, at: number): number {
    const cursor = this.#cursor;
    if (cursor.at >= cursor.end) return -1;
    const huffman = (block[cursor.at]! & 0x80) !== 0;
    const length = readInteger(block, cursor, indexedMask);
    if (length < 0 || length > cursor.end - cursor.at) return -1;
    const from = cursor.at;
    cursor.at += length;
    if (huffman) return decodeHuffman(block, from, from + length, out, at);
    copyBytes(block, from, length, out, at);
    return at + length;
  }
}

/** Table size before any settings (RFC 9113 §6.5.2). */
const initialTableBytes = 4096;
