import type { Judged, Verdict } from '../migrate/verdict.ts';
import type { Output } from './terminal.ts';

/** Tells people what became of each part of a configuration, and counts it. `noun` is what a part is called, `end` what is to be added. */
export function printVerdicts(judged: readonly Judged[], noun: string, err: Output, end = ''): void {
  for (const one of judged) err.line(verdictLine(one, err.paint));
  const count = (verdict: Verdict) => judged.filter((one) => one.verdict === verdict).length;
  const counts = (['carried', 'approximated', 'refused'] as const).map((verdict) => `${count(verdict)} ${verdict}`);
  err.line(`${judged.length} ${judged.length === 1 ? noun : `${noun}s`}: ${counts.join(', ')}${end}`);
}

const colours = { carried: 'green', approximated: 'yellow', refused: 'red' } as const;

function verdictLine({ file, line, verdict, directive, note }: Judged, paint: Output['paint']): string {
  return `${file}:${line}: ${paint(colours[verdict], verdict)}  ${directive}${note && `  ${note}`}`;
}
