import type { Ledger } from './ledger.ts';
import { isOwnPage, locationPath } from './match.ts';
import type { Section } from './scopes.ts';

const files = 'about files, and Sallyport serves none';
const access = /^(?:require|order|allow|deny|satisfy|auth.*|<require.*|sslverifyclient)$/;

/** Judges a section, and what in it no route has been asked about. */
export function judgeSection(section: Section, routed: boolean, ledger: Ledger): void {
  const { node, kind, directives } = section;
  if (isOwnPage(section)) {
    const note = 'a page of Apache’s own: sallyport status says how it is';
    for (const one of directives) if (!ledger.has(one)) ledger.judgeAll(one, 'carried', note);
  }
  if (kind === 'directory' || kind === 'files') {
    const used = directives.some((one) => ledger.has(one));
    ledger.carried(node, used ? '' : files);
    for (const one of directives) if (access.test(one.key) && !ledger.has(one)) ledger.judgeAll(one, 'carried', files);
    return;
  }
  if (kind === 'location' && locationPath(section) === null) {
    const closes = directives.some((one) => access.test(one.key)) ? ': what it closes is not closed here' : '';
    const note = `routes are paths, not regular expressions${closes}`;
    ledger.refused(node, note);
    for (const one of directives)
      if (access.test(one.key) || /^(?:header|requestheader)$/.test(one.key))
        ledger.judgeAll(one, 'refused', 'with its section');
    return;
  }
  if (kind === 'location' && section.regex)
    ledger.approximated(node, `holds for ${locationPath(section)} and what is below it, in whole segments`);
  else ledger.carried(node);
  const note = routed ? 'no route of these files leads there' : 'nothing of it could be carried';
  for (const one of directives)
    if (access.test(one.key) || /^(?:header|requestheader)$/.test(one.key))
      if (!ledger.has(one)) ledger.judgeAll(one, 'carried', note);
}
