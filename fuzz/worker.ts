/** Fuzzes one target in a thread of its own, so that an input it hangs at can be found out and the thread ended. */
import { parentPort, workerData } from 'node:worker_threads';
import { readCorpus } from './corpus.ts';
import { Fuzzer } from './fuzzer.ts';
import { loadTarget } from './registry.ts';
import { SharedInput, type Started, type WorkerMessage } from './shared-input.ts';

const { name, seed, guided, budget, memory }: Started = workerData;
const shared = new SharedInput(memory);
const target = await loadTarget(name);
const tell = (message: WorkerMessage): void => parentPort?.postMessage(message);
const fuzzer = new Fuzzer({
  target,
  saved: readCorpus(name),
  seed,
  guided,
  before: (input) => shared.put(input),
  broke: (input, error) => {
    const reason = error instanceof Error ? (error.stack ?? error.message) : String(error);
    tell({ kind: 'broke', input, reason });
  },
});
fuzzer.run(budget);
tell({
  kind: 'done',
  inputs: fuzzer.inputs,
  blocks: fuzzer.blocks,
  outcomes: [...fuzzer.outcomes],
  kept: fuzzer.kept,
});
