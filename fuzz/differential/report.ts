import type { DifferentialReport } from './run.ts';

/** What each proxy let through, and every class of difference with its first input. */
export function printDifferential({ inputs, passed, classes }: DifferentialReport): string {
  const counts = Object.entries(passed).map(
    ([proxy, { inputs: some, requests }]) => `${proxy}: let ${requests} requests of ${some} inputs through`,
  );
  const told = classes.map(({ kind, between, count, explanation, input, observed }) => {
    const seen = observed.map(
      ({ proxy, end, requests }) => `    ${proxy}, ${end}: ${requests.join(', ') || 'nothing'}`,
    );
    const first = [`    ${JSON.stringify(input).slice(0, 2000)}`, ...seen].join('\n');
    return `${count} times: ${kind}, ${between.join(' and ')}: ${explanation || 'UNEXPLAINED'}\n${explanation === '' ? first : ''}`.trimEnd();
  });
  const unexplained = classes.filter(({ explanation }) => explanation === '').length;
  return [
    `${inputs} inputs`,
    ...counts,
    ...told,
    `${classes.length} classes of difference, ${unexplained} unexplained`,
  ].join('\n');
}
