import type { HeaderChanges } from '../../model/site.ts';

/** Field changes of a route in the form the filters use. */
export interface CompiledChanges {
  /** Lower-case names of fields not to be copied: those removed and those set anew. */
  readonly dropped: ReadonlySet<string>;
  /** Complete field lines to append. */
  readonly lines: string;
}

/** null when there is nothing to change. */
export function compileChanges(changes: HeaderChanges): CompiledChanges | null {
  const dropped = new Set([...changes.remove, ...changes.set.keys()].map((name) => name.toLowerCase()));
  const lines = [...changes.set, ...changes.add].map(([name, value]) => `${name}: ${value}\r\n`).join('');
  return dropped.size === 0 && lines === '' ? null : { dropped, lines };
}
