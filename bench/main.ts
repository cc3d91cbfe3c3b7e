/**
 * The side-by-side benchmark: Sallyport and Debian's nginx, HAProxy, Apache and Caddy as TLS proxies in one run.
 * What the figures mean, and how far to trust them, is told in bench/README.md.
 */
import { writeFile } from 'node:fs/promises';
import { availableParallelism, cpus, release } from 'node:os';
import { Command, InvalidArgumentError } from 'commander';
import { requirePart } from '../test/support/parts.ts';
import { runProcess } from '../test/support/process.ts';
import { allPeers } from './peers/all.ts';
import type { Peer } from './peers/peer.ts';
import { markdownReport, terminalReport } from './report.ts';
import type { RunResult } from './results.ts';
import { runBench } from './run.ts';
import { workloads } from './workloads.ts';

interface Options {
  readonly only?: string[];
  readonly peers?: string[];
  readonly rounds: number;
  readonly seconds: number;
  readonly proxyCore: number;
  readonly loadCore: number;
  readonly json?: string;
  readonly markdown: boolean;
}

function positive(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError('Wanted: a whole number from 1.');
  return value;
}

function core(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 0 && value < cpus().length) return value;
  throw new InvalidArgumentError(`Wanted: a core of this machine, 0 to ${cpus().length - 1}.`);
}

/** A comma-separated list of names, every one known. */
function namesAmong(known: readonly string[]): (text: string) => string[] {
  return (text) => {
    const names = text.split(',').map((name) => name.trim());
    const unknown = names.find((name) => !known.includes(name));
    if (unknown !== undefined) throw new InvalidArgumentError(`'${unknown}' is none of: ${known.join(', ')}.`);
    return names;
  };
}

async function installed(peers: readonly Peer[]): Promise<{ versions: Map<Peer, string>; skipped: string[] }> {
  const versions = new Map<Peer, string>();
  const skipped: string[] = [];
  for (const peer of peers) {
    const version = await peer.version();
    if (version !== null) versions.set(peer, version);
    else {
      skipped.push(peer.name);
      console.log(`${peer.name} is not installed: skipped`);
    }
  }
  return { versions, skipped };
}

/** On a terminal, one line that is written over; elsewhere a line for each step. */
function showProgress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`);
  else if (text !== '') process.stderr.write(`${text}\n`);
}

async function main(options: Options): Promise<void> {
  if (availableParallelism() < 2 || options.proxyCore === options.loadCore) {
    throw new Error('proxies and load generator need a core each');
  }
  const chosen = allPeers.filter(({ name }) => options.peers?.includes(name) ?? true);
  const { versions, skipped } = await installed(chosen);
  // The backend, the load generators and this process itself inherit the load's core; proxies are given the other.
  await runProcess(requirePart('taskset'), ['-a', '-p', '-c', String(options.loadCore), String(process.pid)]);
  const startedAt = new Date().toISOString();
  const results = await runBench({
    peers: [...versions.keys()],
    workloads: workloads.filter(({ id }) => options.only?.includes(id) ?? true),
    rounds: options.rounds,
    seconds: options.seconds,
    proxyCore: options.proxyCore,
    progress: showProgress,
    finished(result) {
      showProgress('');
      console.log(terminalReport(result));
    },
  });
  const run: RunResult = {
    startedAt,
    machine: `${cpus()[0]?.model ?? 'unknown processor'}, Linux ${release()}`,
    rounds: options.rounds,
    seconds: options.seconds,
    versions: Object.fromEntries([...versions].map(([peer, version]) => [peer.name, version])),
    skipped,
    results,
  };
  if (options.json !== undefined) await writeFile(options.json, `${JSON.stringify(run, null, 2)}\n`);
  if (options.markdown) console.log(markdownReport(run));
}

const program = new Command('bench')
  .description('Sallyport side by side with nginx, HAProxy, Apache and Caddy as TLS proxies')
  .option(
    '--only <workloads>',
    `of ${workloads.map(({ id }) => id).join(', ')}`,
    namesAmong(workloads.map(({ id }) => id)),
  )
  .option(
    '--peers <names>',
    `of ${allPeers.map(({ name }) => name).join(', ')}`,
    namesAmong(allPeers.map(({ name }) => name)),
  )
  .option('--rounds <number>', 'measured rounds of each workload', positive, 5)
  .option('--seconds <number>', 'length of a round', positive, 3)
  .option('--proxy-core <core>', 'where the proxies run', core, 0)
  .option('--load-core <core>', 'where the backend and the load generators run', core, 1)
  .option('--json <file>', 'write every round to a file')
  .option('--markdown', 'print the run as Markdown as well', false)
  .action(main);

program.parseAsync().catch((error: unknown) => {
  showProgress('');
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
});
