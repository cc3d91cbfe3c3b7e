import type { TargetReport } from './run-target.ts';

/** What `--json` prints. */
export interface FuzzReport {
  readonly seed: number;
  readonly inputs: number;
  readonly findings: number;
  readonly targets: readonly Omit<TargetReport, 'kept'>[];
}

export function summarise(seed: number, reports: readonly TargetReport[]): FuzzReport {
  return {
    seed,
    inputs: reports.reduce((sum, { inputs }) => sum + inputs, 0),
    findings: reports.reduce((sum, { findings }) => sum + findings.length, 0),
    targets: reports.map(({ kept: _kept, ...report }) => report),
  };
}

/** A table of the targets, and every finding with the command that repeats it. */
export function printReport({ seed, inputs, findings, targets }: FuzzReport): string {
  const rows = targets.map((report) => [
    report.name,
    report.inputs.toLocaleString('en'),
    Math.round(report.inputs / Math.max(0.001, report.seconds)).toLocaleString('en'),
    String(report.blocks),
    String(Object.keys(report.outcomes).length),
    String(report.findings.length),
  ]);
  const table = [
    ['target', 'inputs', 'a second', 'blocks', 'outcomes', 'findings'],
    ...rows,
    ['all', inputs.toLocaleString('en'), '', '', '', String(findings)],
  ];
  const widths = table[0]!.map((_, column) => Math.max(...table.map((row) => row[column]!.length)));
  const lines = table.map((row) =>
    row.map((cell, column) => (column === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[column]!))).join('  '),
  );
  const told = targets.flatMap(({ name, findings: own }) =>
    own.map(({ kind, reason, file }) => `\n${name} ${kind}:\n${reason}\nagain: npm run fuzz -- --replay ${file}`),
  );
  return [...lines, `seed ${seed}`, ...told].join('\n');
}
