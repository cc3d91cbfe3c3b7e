import type { PeerFigures, RunResult, WorkloadResult } from './results.ts';
import type { LoadRound } from './round.ts';

/** What the others are compared with. */
const references = ['nginx', 'haproxy'] as const;
type Reference = (typeof references)[number];

interface Table {
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

function number(value: number): string {
  if (value >= 100) return Math.round(value).toLocaleString('en-US').replaceAll(',', ' ');
  return value.toFixed(value >= 10 ? 1 : 2);
}

/** Each peer's figures over those of the references; '-' when one did not take part. */
function ratios<Round>(figures: readonly PeerFigures<Round>[], of: (median: Round) => number): string[][] {
  const over = (reference: Reference, median: Round): string => {
    const against = figures.find(({ peer }) => peer === reference)?.median;
    return against === undefined ? '-' : (of(median) / of(against)).toFixed(2);
  };
  return figures.map(({ median }) => references.map((reference) => over(reference, median)));
}

const ratioHeads = references.map((reference) => `vs ${reference}`);

/** Half the distance between the lowest and the highest round, in percent of the median: how far to trust the figure. */
function spread(rounds: readonly LoadRound[], median: LoadRound): string {
  const values = rounds.map((round) => round.cpuPerRequest);
  return `${(((Math.max(...values) - Math.min(...values)) / 2 / median.cpuPerRequest) * 100).toFixed(0)} %`;
}

/** One row a peer. */
function tableOf(result: WorkloadResult): Table {
  if (result.kind === 'idle') {
    const compared = ratios(result.figures, (median) => median.bytesPerConnection);
    return {
      head: ['', 'KB/connection', ...ratioHeads],
      rows: result.figures.map(({ peer, median }, at) => [
        peer,
        number(median.bytesPerConnection / 1000),
        ...(compared[at] ?? []),
      ]),
    };
  }
  const compared = ratios(result.figures, (median) => median.cpuPerRequest);
  return {
    head: ['', 'CPU us/request', 'in kernel', 'spread', ...ratioHeads, 'requests/s', 'p50 ms', 'p99 ms', 'peak RSS MB'],
    rows: result.figures.map(({ peer, rounds, median }, at) => [
      peer,
      number(median.cpuPerRequest),
      `${Math.round(median.kernelShare * 100)} %`,
      spread(rounds, median),
      ...(compared[at] ?? []),
      number(median.requestsPerSecond),
      number(median.p50),
      number(median.p99),
      number(median.peakBytes / 1e6),
    ]),
  };
}

function terminalTable({ head, rows }: Table): string {
  const lines = [head, ...rows];
  const widths = head.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  const align = (cell: string, column: number): string =>
    column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0);
  return lines.map((line) => `  ${line.map(align).join('  ')}`).join('\n');
}

function markdownTable({ head, rows }: Table): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map((_, column) => (column === 0 ? '---' : '---:'))), ...rows.map(line)].join('\n');
}

/** One workload's figures for the terminal. */
export function terminalReport(result: WorkloadResult): string {
  return `${result.workload.id}: ${result.workload.title}\n${terminalTable(tableOf(result))}\n`;
}

/** The whole run as Markdown: one table of processor time and its ratio by peer, then every workload's own. */
export function markdownReport(run: RunResult): string {
  const peers = Object.keys(run.versions);
  const overview: Table = {
    head: ['', ...peers],
    rows: run.results.map((result) => overviewRow(result, peers)),
  };
  const versions = Object.entries(run.versions).map(([peer, version]) => `${peer} ${version}`);
  const skipped = run.skipped.length > 0 ? ` Not installed: ${run.skipped.join(', ')}.` : '';
  const facts = `${versions.join(', ')}.${skipped} ${run.machine}; medians of ${run.rounds} rounds of ${run.seconds} s, ${run.startedAt.slice(0, 10)}.`;
  const details = run.results.map((result) => `### ${result.workload.title}\n\n${markdownTable(tableOf(result))}`);
  return [
    `Processor microseconds per request of the whole proxy (in brackets: times ${references.join(', times ')}).`,
    markdownTable(overview),
    facts,
    ...details,
  ].join('\n\n');
}

function overviewRow(result: WorkloadResult, peers: readonly string[]): string[] {
  const { head, rows } = tableOf(result);
  const unit = result.kind === 'idle' ? ` (${head[1]})` : '';
  const [first, last] = [head.indexOf(ratioHeads[0]!), head.indexOf(ratioHeads.at(-1)!)];
  const cells = peers.map((peer) => {
    const row = rows.find(([name]) => name === peer);
    return row === undefined ? '-' : `${row[1]} (${row.slice(first, last + 1).join(', ')})`;
  });
  return [result.workload.title + unit, ...cells];
}
