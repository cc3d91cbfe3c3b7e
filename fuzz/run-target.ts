import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { saveFinding } from './findings.ts';
import type { Budget } from './fuzzer.ts';
import { SharedInput, type Started, type WorkerMessage } from './shared-input.ts';

/** One target's part of a run. */
export interface TargetReport {
  readonly name: string;
  readonly inputs: number;
  readonly seconds: number;
  /** Blocks of the product's code that the guided part reached. */
  readonly blocks: number;
  readonly outcomes: Readonly<Record<string, number>>;
  readonly findings: readonly Finding[];
  readonly kept: readonly Buffer[];
}

/** An input that broke something. */
interface Finding {
  readonly kind: 'broke' | 'hung' | 'crashed';
  readonly reason: string;
  /** Where the input was saved. */
  readonly file: string;
}

export interface RunOptions {
  readonly seed: number;
  readonly guided: number;
  readonly budget: Budget;
  /** An input that takes longer has hung; milliseconds. */
  readonly hangAfter: number;
}

const mostFindings = 5;
const pollEvery = 200;

/** Fuzzes one target in a worker until its budget is used up, an input hangs, or five inputs have broken something. */
export function runTarget(name: string, options: RunOptions): Promise<TargetReport> {
  const shared = new SharedInput();
  const { seed, guided, budget, hangAfter } = options;
  const started: Started = { name, seed, guided, budget, memory: shared.memory };
  const worker = new Worker(join(import.meta.dirname, 'worker.ts'), { workerData: started });
  const from = performance.now();
  const findings: Finding[] = [];
  const reasons = new Set<string>();
  const { promise, resolve } = Promise.withResolvers<TargetReport>();
  const finish = (done: Partial<Pick<TargetReport, 'inputs' | 'blocks' | 'outcomes' | 'kept'>>): void => {
    clearInterval(watch);
    const seconds = (performance.now() - from) / 1000;
    const rest = { inputs: shared.count, blocks: 0, outcomes: {}, kept: [], ...done };
    resolve({ name, seconds, findings, ...rest });
    void worker.terminate();
  };
  const found = (kind: Finding['kind'], input: Buffer, reason: string): void => {
    const first = reason.split('\n', 1)[0] ?? '';
    if (reasons.has(first)) return;
    reasons.add(first);
    findings.push({ kind, reason, file: saveFinding(name, input) });
    if (findings.length >= mostFindings) finish({});
  };
  let last = -1;
  let since = performance.now();
  const watch = setInterval(() => {
    const now = performance.now();
    if (shared.count !== last) {
      last = shared.count;
      since = now;
    } else if (last > 0 && now - since > hangAfter) {
      found('hung', shared.get(), `no end after ${Math.round((now - since) / 1000)} s`);
      finish({});
    }
  }, pollEvery);
  worker.on('message', (message: WorkerMessage) => {
    if (message.kind === 'broke') return found('broke', Buffer.from(message.input), message.reason);
    const { inputs, blocks, outcomes, kept } = message;
    finish({ inputs, blocks, outcomes: Object.fromEntries(outcomes), kept: kept.map((input) => Buffer.from(input)) });
  });
  worker.on('error', (error) => {
    found('crashed', shared.get(), String(error instanceof Error ? error.stack : error));
    finish({});
  });
  return promise;
}
