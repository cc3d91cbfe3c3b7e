import type { Judged, Verdict } from '../verdict.ts';
import type { Directive } from './parse.ts';

const weight: Readonly<Record<Verdict, number>> = { carried: 0, approximated: 1, refused: 2 };

/** Their blocks are tables of values, not directives. */
const tables = new Set(['types', 'map', 'geo', 'split_clients', 'charset_map']);

interface Entry {
  verdict: Verdict;
  readonly notes: Set<string>;
}

/** What became of each directive. One that matters in several places has the worst of its verdicts, and every note. */
export class Ledger {
  readonly #entries = new Map<Directive, Entry>();

  judge(directive: Directive, verdict: Verdict, note = ''): void {
    const entry = this.#entries.get(directive) ?? { verdict, notes: new Set() };
    if (weight[verdict] > weight[entry.verdict]) {
      entry.verdict = verdict;
      entry.notes.clear();
    }
    if (note !== '' && verdict === entry.verdict) entry.notes.add(note);
    this.#entries.set(directive, entry);
  }

  /** The same verdict for a directive and everything in its block. */
  judgeAll(directive: Directive, verdict: Verdict, note = ''): void {
    for (const one of everyDirective([directive])) this.judge(one, verdict, note);
  }

  has(directive: Directive): boolean {
    return this.#entries.has(directive);
  }

  /** The verdicts in the order of the files; `others` is asked about each directive that nobody judged. */
  all(directives: readonly Directive[], others: (directive: Directive) => readonly [Verdict, string]): Judged[] {
    return [...everyDirective(directives)].map((directive) => {
      const entry = this.#entries.get(directive);
      const [verdict, note] = entry ? [entry.verdict, [...entry.notes].join('; ')] : others(directive);
      const { file, line } = directive.at;
      return { file, line, directive: inShort(directive), verdict, note };
    });
  }
}

/** Each directive, and those in its block after it. */
function* everyDirective(directives: readonly Directive[]): Generator<Directive> {
  for (const directive of directives) {
    yield directive;
    if (directive.block !== null && !tables.has(directive.name)) yield* everyDirective(directive.block);
  }
}

const secretField = /authorization|cookie|token|secret|key|password/i;
const longest = 72;

function inShort({ name, args }: Directive): string {
  const isSecret = args.length > 1 && secretField.test(args[0] ?? '') && !args[1]?.startsWith('$');
  const text = [name, ...(isSecret ? [args[0] ?? '', '…'] : args)].join(' ').replace(/\s+/g, ' ');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they would do things to a terminal
  const printable = text.replace(/[\u0000-\u001f\u007f-\u009f]/g, '?');
  return printable.length > longest ? `${printable.slice(0, longest - 1)}…` : printable;
}
