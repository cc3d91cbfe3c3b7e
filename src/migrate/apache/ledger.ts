import type { Judged, Verdict } from '../verdict.ts';
import type { Directive } from './directive.ts';

const weights: Readonly<Record<Verdict, number>> = { carried: 0, approximated: 1, refused: 2 };

interface Entry {
  readonly verdict: Verdict;
  readonly notes: readonly string[];
}

/** What became of each directive. One that is judged for several hosts or paths keeps the worst that was said of it. */
export class Ledger {
  readonly #entries = new Map<Directive, Entry>();
  readonly #followed = new Map<Directive, Directive>();

  carried(directive: Directive, note = ''): void {
    this.judge(directive, 'carried', note);
  }

  approximated(directive: Directive, note: string): void {
    this.judge(directive, 'approximated', note);
  }

  refused(directive: Directive, note: string): void {
    this.judge(directive, 'refused', note);
  }

  judge(directive: Directive, verdict: Verdict, note: string): void {
    const known = this.#entries.get(directive);
    if (known && weights[known.verdict] > weights[verdict]) return;
    const before = known?.verdict === verdict ? known.notes : [];
    const notes = note === '' || before.includes(note) ? before : [...before, note];
    this.#entries.set(directive, { verdict, notes });
  }

  /** A verdict in place of all that was said before. */
  override(directive: Directive, verdict: Verdict, note: string): void {
    this.#entries.delete(directive);
    this.judge(directive, verdict, note);
  }

  /** A directive that has the verdict of another one, whatever that will be. */
  follow(directive: Directive, other: Directive): void {
    this.#followed.set(directive, other);
    this.judge(directive, 'carried', '');
  }

  /** The same verdict for a section and everything in it. */
  judgeAll(directive: Directive, verdict: Verdict, note: string): void {
    this.judge(directive, verdict, note);
    const left = [...(directive.children ?? [])];
    for (let one = left.pop(); one !== undefined; one = left.pop()) {
      this.judge(one, verdict, note);
      left.push(...(one.children ?? []));
    }
  }

  has(directive: Directive): boolean {
    return this.#entries.has(directive);
  }

  /** The verdict of a directive, once every directive has one. */
  verdictOf(directive: Directive): Judged {
    const { file, line } = directive.at;
    const followed = this.#followed.get(directive);
    if (followed) {
      const { verdict } = this.verdictOf(followed);
      return {
        file,
        line,
        directive: directive.line,
        verdict,
        note: verdict === 'carried' ? '' : `with its rule (line ${followed.at.line})`,
      };
    }
    const { verdict, notes } = this.#entries.get(directive) ?? { verdict: 'refused', notes: ['not looked at'] };
    return { file, line, directive: directive.line, verdict, note: notes.join('; ') };
  }
}
