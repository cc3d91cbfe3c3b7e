import { basename } from 'node:path';
import type { Directive } from './directive.ts';
import { inShort } from './in-short.ts';
import type { Ledger } from './ledger.ts';

const weighty =
  /^(?:proxypass(?:match)?|balancermember|redirect(?:match|permanent|temp)?|alias|scriptalias|wsgiscriptalias(?:match)?|proxyrequests|allow|require|sslverifyclient)$/;

/** What was refused and changes who may pass or where requests go: lines for the written file, beside the site. */
export function remarksOn(directives: readonly Directive[], ledger: Ledger): string[] {
  const remarks: string[] = [];
  for (const one of directives) {
    const { verdict, note, file, line } = ledger.verdictOf(one);
    const opens = note.includes('not closed here');
    const inSection = opens && !one.key.startsWith('<');
    if (verdict !== 'refused' || inSection || note === 'with its section' || !(opens || weighty.test(one.key)))
      continue;
    remarks.push(`${opens ? 'OPEN' : 'Not carried'}: ${basename(file)}:${line}, ${inShort(one)}: ${note}`);
  }
  return remarks;
}
