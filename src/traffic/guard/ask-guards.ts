import { type Guard, pass, type pending, type Verdict } from './guard.ts';
import type { Visit } from './visit.ts';

/** Asks the guards that have not passed the visit yet, one after the other, until one does not or has to think. */
export function askGuards(guards: readonly Guard[], visit: Visit): Verdict | typeof pending {
  while (visit.passed < guards.length) {
    const verdict = guards[visit.passed]!.check(visit);
    if (verdict !== pass) return verdict;
    visit.passed++;
  }
  return pass;
}
