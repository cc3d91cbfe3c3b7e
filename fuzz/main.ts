/**
 * `npm run fuzz`: feeds generated input to every reader of foreign bytes. Exits 1 when an input broke something; each is
 * saved as a file and can be fed again with `--replay FILE`.
 */
import { readFileSync } from 'node:fs';
import { Command, InvalidArgumentError } from 'commander';
import { readCorpus, writeCorpus } from './corpus.ts';
import { printDifferential } from './differential/report.ts';
import { runDifferential } from './differential/run.ts';
import { targetOfFinding } from './findings.ts';
import { loadTarget, targets } from './registry.ts';
import { printReport, summarise } from './report.ts';
import { runTarget, type TargetReport } from './run-target.ts';

interface Options {
  readonly minutes: number;
  readonly inputs?: number;
  readonly only?: readonly string[];
  readonly jobs: number;
  readonly seed: number;
  readonly guided: number;
  readonly differential?: boolean;
  readonly replay?: string;
  readonly save?: boolean;
  readonly json?: boolean;
}

function positive(text: string): number {
  const value = Number(text);
  if (Number.isFinite(value) && value > 0) return value;
  throw new InvalidArgumentError('Wanted: a number above 0.');
}

function share(text: string): number {
  const value = Number(text);
  if (value >= 0 && value <= 1) return value;
  throw new InvalidArgumentError('Wanted: a number from 0 to 1.');
}

function names(text: string): string[] {
  const list = text.split(',').map((name) => name.trim());
  const unknown = list.find((name) => !Object.hasOwn(targets, name));
  if (unknown === undefined) return list;
  throw new InvalidArgumentError(`'${unknown}' is none of: ${Object.keys(targets).join(', ')}.`);
}

/** Shorter inputs are easier to read, and more of them fit. */
const mostSaved = 60;
const longestSaved = 600;

const hangAfter = 10_000;

async function runAll(options: Options): Promise<TargetReport[]> {
  const left = [...(options.only ?? Object.keys(targets))];
  const milliseconds = (options.minutes * 60_000 * Math.min(options.jobs, left.length)) / left.length;
  const inputs = Math.ceil((options.inputs ?? Number.POSITIVE_INFINITY) / left.length);
  const reports: TargetReport[] = [];
  const work = async (): Promise<void> => {
    for (let name = left.shift(); name !== undefined; name = left.shift()) {
      const { seed, guided } = options;
      const report = await runTarget(name, { seed, guided, budget: { milliseconds, inputs }, hangAfter });
      reports.push(report);
      if (options.json !== true) console.error(`${name}: ${report.inputs} inputs, ${report.findings.length} findings`);
    }
  };
  await Promise.all(Array.from({ length: options.jobs }, work));
  return reports;
}

/** Keeps what reached new blocks, the shortest first, together with what was saved before. */
function save(reports: readonly TargetReport[]): void {
  for (const { name, kept } of reports) {
    const saved = readCorpus(name);
    const short = kept.filter(({ length }) => length <= longestSaved).sort((a, b) => a.length - b.length);
    writeCorpus(name, [...saved, ...short].slice(0, Math.max(saved.length, mostSaved)));
  }
}

async function replay(file: string): Promise<void> {
  const target = await loadTarget(targetOfFinding(file));
  console.log(target.check(readFileSync(file)));
}

/** Undoes what was started, last first, whatever happens. */
async function differ({ minutes, inputs = Number.POSITIVE_INFINITY, seed, json }: Options): Promise<void> {
  const undos: (() => void | Promise<void>)[] = [];
  try {
    const scope = { after: (undo: () => void | Promise<void>) => void undos.push(undo) };
    const report = await runDifferential(scope, { milliseconds: minutes * 60_000, inputs, seed });
    console.log(json === true ? JSON.stringify(report) : printDifferential(report));
    process.exitCode = report.classes.some(({ explanation }) => explanation === '') ? 1 : 0;
  } finally {
    for (const undo of undos.reverse()) await undo();
  }
}

const program = new Command('fuzz')
  .description('Feeds generated input to every reader of foreign bytes.')
  .option('--minutes <n>', 'time for all targets together', positive, 1)
  .option('--inputs <n>', 'inputs for all targets together, should they be fed before the time is up', positive)
  .option('--only <targets>', `comma-separated: ${Object.keys(targets).join(', ')}`, names)
  .option('--jobs <n>', 'targets at once', positive, 1)
  .option('--seed <n>', 'repeats a run', Number, Date.now() % 2 ** 31)
  .option('--guided <share>', 'share of the time in which coverage guides', share, 0.25)
  .option('--save', 'add what reached new code to fuzz/corpus')
  .option('--json', 'print the report as JSON')
  .option('--differential', 'send requests through Sallyport, nginx and HAProxy and compare what their apps get')
  .option('--replay <file>', 'feed one saved input again; everything else is ignored')
  .action(async (options: Options) => {
    if (options.replay !== undefined) return replay(options.replay);
    if (options.differential === true) return differ(options);
    const reports = await runAll(options);
    if (options.save === true) save(reports);
    const report = summarise(options.seed, reports);
    console.log(options.json === true ? JSON.stringify(report) : printReport(report));
    process.exitCode = report.findings > 0 ? 1 : 0;
  });
await program.parseAsync();
