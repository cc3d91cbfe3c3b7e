import type { ProofPlan, ProofResult } from './run.ts';

const number = (value: number): string => Math.round(value).toLocaleString('en').replaceAll(',', ' ');

/** A Markdown table of what became of everything, and the reasons of what failed. */
export function proofReport(results: readonly ProofResult[], plan: ProofPlan): string {
  const rows = [
    ['', ...results.map(({ gate }) => gate)],
    ['reloads, upgrades, app deploys', ...results.map(({ done }) => `${done.reload}, ${done.upgrade}, ${done.deploy}`)],
    ['new TLS connections', ...results.map(({ fresh }) => number(fresh.sent))],
    ['of them failed', ...results.map(({ fresh }) => number(fresh.failed))],
    ['requests on kept connections', ...results.map(({ kept }) => number(kept.sent))],
    ['of them failed', ...results.map(({ kept }) => number(kept.failed))],
    [
      'longest wait for an answer',
      ...results.map(({ fresh, kept }) => `${number(Math.max(fresh.longest, kept.longest))} ms`),
    ],
    ['WebSockets', ...results.map(({ webSockets }) => number(webSockets))],
    ['of them dropped', ...results.map(({ dropped }) => number(dropped))],
  ];
  const [head = [], ...rest] = rows.map((row) => `| ${row.join(' | ')} |`);
  const rule = `| --- |${' ---: |'.repeat(results.length)}`;
  const aims = `${plan.connections} new TLS connections and ${number(plan.requests)} requests a second for ${plan.seconds} s:`;
  return [aims, '', head, rule, ...rest, ...results.flatMap(reasons)].join('\n');
}

function reasons({ gate, fresh, kept, refusals }: ProofResult): string[] {
  const failures = [...fresh.failures, ...kept.failures].map(([reason, count]) => `${number(count)} × ${reason}`);
  return [...failures, ...refusals].map((line) => `${gate}: ${line}`);
}
