import { staticCount, staticTable } from '../hpack/static-table.ts';
import { allAre, CharacterClass } from './characters.ts';
import { FieldNote } from './field-section.ts';
import { knownName, lastPseudo } from './known-names.ts';

/** Numbers a lower-case field name from 0 to 255, as those above the wire know it. */
export type Identify = (bytes: Uint8Array, start: number, end: number) => number;

/** The notes of field names: what HTTP/2 has to know about a name, and the id that its readers give it. */
export class FieldIds {
  readonly identify: Identify;
  /** Notes of the static table's entries, by index. */
  readonly staticNotes: Uint16Array = new Uint16Array(staticCount + 1);

  constructor(identify: Identify = (bytes, start, end) => knownName(bytes, start, end - start)) {
    this.identify = identify;
    for (const [position, [name]] of staticTable.entries()) {
      this.staticNotes[position + 1] = this.noteOf(Buffer.from(name, 'latin1'), 0, name.length);
    }
  }

  /** The id of a name given as text. */
  idOf(name: string): number {
    return this.identify(Buffer.from(name, 'latin1'), 0, name.length);
  }

  /** The note of a name as it was sent (RFC 9113 §8.2.1). */
  noteOf(bytes: Uint8Array, start: number, end: number): number {
    const known = knownName(bytes, start, end - start);
    if (known !== 0 && known <= lastPseudo) return known;
    if (end === start || !allAre(CharacterClass.NAME, bytes, start, end)) return FieldNote.BAD_NAME;
    return known | (this.identify(bytes, start, end) << FieldNote.ID_SHIFT);
  }
}

/** Ids that are the known names of this folder. */
export const ownFieldIds: FieldIds = new FieldIds();
