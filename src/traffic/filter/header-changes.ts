import type { HeaderChanges } from '../../model/site.ts';

/** Field changes of a route in the form the filters use. */
export interface CompiledChanges {
  /** Names of fields not to be copied, as {@link comparableName} gives them: those removed and those set anew. */
  readonly dropped: ReadonlySet<string>;
  /** Complete field lines to append. */
  readonly lines: string;
}

/** null when there is nothing to change. `owned`: further names that are dropped. */
export function compileChanges(changes: HeaderChanges, owned: readonly string[] = []): CompiledChanges | null {
  const dropped = new Set([...changes.remove, ...changes.set.keys(), ...owned].map(comparableName));
  const lines = [...changes.set, ...changes.add].map(([name, value]) => `${name}: ${value}\r\n`).join('');
  return dropped.size === 0 && lines === '' ? null : { dropped, lines };
}

/** Lower case, and `-` for `_`: apps behind CGI or WSGI cannot tell the two apart, so a rule for one holds for both. */
export function comparableName(name: string): string {
  return name.toLowerCase().replaceAll('_', '-');
}
