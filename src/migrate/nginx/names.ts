import { normaliseHost, normaliseHostPattern } from '../../model/host.ts';
import type { Directive } from './parse.ts';
import type { Scope } from './scope.ts';
import type { Work } from './work.ts';

/** The names of a server as Sallyport compares them, in the order written. */
export interface ServerNames {
  readonly names: readonly string[];
  /** It answers for whatever name no other server has, or it has no usable name. */
  readonly catchAll: boolean;
}

/** Reads `server_name` and says what becomes of each. */
export function namesOf(server: Scope, { ledger }: Work): ServerNames {
  const directives = server.own('server_name');
  const names: string[] = [];
  for (const directive of directives) {
    ledger.judge(directive, 'carried');
    for (const written of directive.args) names.push(...readName(written, directive, ledger));
  }
  const unique = [...new Set(names)];
  return { names: unique, catchAll: unique.length === 0 };
}

function readName(written: string, directive: Directive, ledger: Work['ledger']): readonly string[] {
  if (written === '_' || written === '' || written === '*' || /^[-_@!]+$/.test(written)) return [];
  if (written.startsWith('~')) {
    ledger.judge(
      directive,
      'refused',
      `a pattern of names (${written}): write each name, or a wildcard such as "*.example.org"`,
    );
    return [];
  }
  if (written.includes('$')) {
    ledger.judge(directive, 'refused', `a variable as a name (${written}): write the name itself`);
    return [];
  }
  const suffix = written.startsWith('.') ? written.slice(1) : written.startsWith('*.') ? written.slice(2) : null;
  if (suffix !== null) {
    const name = normaliseHost(suffix);
    const pattern = normaliseHostPattern(`*.${suffix}`);
    if (name !== null && pattern !== null) {
      const what = `"${pattern}" stands for one label: deeper names need a name of their own`;
      ledger.judge(directive, 'approximated', what);
      return written.startsWith('.') ? [name, pattern] : [pattern];
    }
  }
  const name = normaliseHost(written);
  if (name !== null) return [name];
  const cure = written.includes('*') ? 'a wildcard is the whole first label: write each name' : 'not a host name';
  ledger.judge(directive, 'refused', `${written}: ${cure}`);
  return [];
}
