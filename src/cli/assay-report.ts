import type { Case } from '../assay/case.ts';
import { anybodys, type CaseResult, type Verdict } from '../assay/verdict.ts';
import { printTable, type TableCell } from './table.ts';
import type { Output } from './terminal.ts';

/** One line for each case. */
export function resultTable(results: readonly CaseResult[], paint: Output['paint']): string[] {
  const rows = results.map(({ case: { name, group, shows }, outcome, detail, client }): TableCell[] => {
    const good = group === 'control' ? outcome === 'accepted' : outcome === 'refused';
    const style = group === 'informative' || outcome === 'unreached' ? 'yellow' : good ? 'green' : 'red';
    const alarm = outcome === 'accepted' && group === 'must-refuse';
    const exit = client === null ? '' : client.timedOut ? 'timed out' : `exit ${client.exitCode ?? 'by signal'}`;
    return [
      { text: alarm ? 'ACCEPTED' : outcome, style },
      { text: name, style: 'bold' },
      { text: detail },
      { text: exit },
      { text: group === 'informative' ? `(informative) ${shows}` : shows },
    ];
  });
  return printTable(rows, paint);
}

/** The verdict in one line. */
export function verdictLine({ verifies, accepts, refused, problem }: Verdict): string {
  const count = `${refused.length} bad ${refused.length === 1 ? 'certificate' : 'certificates'} refused`;
  const said = {
    yes: `yes (${count}, the good one accepted)`,
    partly: `partly: ${count}, but it accepts ${accepts.join(', ')}`,
    no: `NO: accepts ${accepts.join(', ')}`,
    unknown: `cannot tell: ${problem?.why}`,
  }[verifies];
  return `verifies certificates: ${said}`;
}

/** What follows from each bad certificate that was accepted; of the worst alone when anybody can make one. */
export function consequences({ verifies }: Verdict, results: readonly CaseResult[]): string[] {
  return results
    .filter(({ case: { group }, outcome }) => group === 'must-refuse' && outcome === 'accepted')
    .filter(({ case: { name } }) => verifies !== 'no' || anybodys.includes(name))
    .map(({ case: { name, gain, rule } }) => `  ${name}: ${gain} (${rule})`);
}

/** What `--json` prints. */
export function reportFacts(verdict: Verdict, results: readonly CaseResult[], more: Record<string, unknown>): unknown {
  return {
    ...verdict,
    ...more,
    cases: results.map(({ case: each, url, outcome, detail, visits, client }) => ({
      ...caseFacts(each),
      url,
      outcome,
      detail,
      client,
      connections: visits.map(({ open: _, ...visit }) => visit),
    })),
  };
}

export function caseFacts({ name, group, shows, gain, rule }: Case): Record<string, string> {
  return { name, group, shows, gain, rule };
}

/** What `--list` prints. */
export function caseList(cases: readonly Case[], paint: Output['paint']): string[] {
  return cases.flatMap(({ name, group, shows, gain, rule }) => [
    `${paint('bold', name)} (${group}): ${shows}`,
    `  ${gain} [${rule}]`,
  ]);
}
