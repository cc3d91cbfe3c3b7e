import type { Fault, Outcome } from '../../control/config/fault.ts';
import { parseRoutePath } from '../../control/config/route-path.ts';
import { parseSiteName } from '../../control/config/site-name.ts';
import { parseTarget } from '../../control/config/target.ts';
import { isInternalHost } from '../../model/host.ts';

/** Words of an answer, apart by white space or commas. */
export function wordsOf(text: string): string[] {
  return text.split(/[\s,]+/).filter((word) => word !== '');
}

/** A command line in words; quotes keep one together. */
export function commandWords(text: string): string[] {
  return [...text.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map(
    ([, double, single, bare]) => double ?? single ?? bare ?? '',
  );
}

/** What is wrong with the names of one site, in words for the one who typed them; null: nothing. `taken` are those of other sites. */
export function namesFault(written: readonly string[], taken: readonly string[]): string | null {
  if (written.length === 0) return 'At least one name is wanted, such as app.example.org';
  const names: string[] = [];
  for (const word of written) {
    const outcome = parseSiteName(word);
    if (outcome.faults) return said(word, outcome.faults[0]);
    if (taken.includes(outcome.value) || names.includes(outcome.value)) return `${word}: it is there already`;
    names.push(outcome.value);
  }
  const internal = names.filter(isInternalHost);
  if (internal.length === 0 || internal.length === names.length) return null;
  const open = names.find((name) => !isInternalHost(name));
  return `A public CA vouches for ${open}, none does for ${internal[0]}: make two sites of them`;
}

/** The names as they are compared; those that are none are left out. */
export function comparableNames(written: readonly string[]): string[] {
  return written.map(parseSiteName).flatMap((outcome) => (outcome.faults ? [] : [outcome.value]));
}

/** As {@link namesFault}, for where an app listens. */
export function targetFault(text: string): string | null {
  return faultIn(text, parseTarget(text));
}

/** As {@link namesFault}, for the paths of a site. */
export function pathsFault(written: readonly string[]): string | null {
  if (written.length === 0) return 'At least one path is wanted, such as /sync';
  for (const [index, path] of written.entries()) {
    const fault = faultIn(path, parseRoutePath(path));
    if (fault !== null) return fault;
    if (written.indexOf(path) !== index) return `${path}: it is there already`;
  }
  return null;
}

/** As {@link namesFault}, for the address CAs write to; '' is none. */
export function emailFault(text: string): string | null {
  return text === '' || /^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(text) ? null : 'not an address such as you@example.org';
}

function faultIn(text: string, outcome: Outcome<unknown>): string | null {
  return outcome.faults ? said(text, outcome.faults[0]) : null;
}

function said(text: string, fault: Fault | undefined): string {
  const parts = [
    `${text}: ${fault?.what}`,
    fault?.wanted && `wanted ${fault.wanted}`,
    fault?.didYouMean && `did you mean ${fault.didYouMean}?`,
    fault?.cure,
  ];
  return parts.filter(Boolean).join('; ');
}
