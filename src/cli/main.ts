#!/usr/bin/env node
import module from 'node:module';
import { join } from 'node:path';
import { isSea } from 'node:sea';

const oldestNode = 24;
if (Number.parseInt(process.versions.node, 10) < oldestNode) {
  console.error(`sallyport: this is Node.js ${process.versions.node}; wanted ${oldestNode} or newer`);
  process.exit(1);
}

// Stripping types and compiling takes half of a short command's time. The cache stands beside the code and so is as
// trustworthy as the code; the default place, in the temporary directory, would be open to everybody.
if (!isSea()) module.enableCompileCache(join(import.meta.dirname, '../../node_modules/.cache/sallyport'));

// What is imported only now is cached; what was imported earlier is not.
if (await beginsAsWorker()) await new Promise(() => {});

const { runCommandLine } = await import('./program.ts');
const { realParts } = await import('./settings.ts');
const { processTerminal } = await import('./terminal.ts');

process.exitCode = await runCommandLine(process.argv.slice(2), realParts, processTerminal());
// Whatever is still open by now (an idle connection, a timer) has a second to end by itself.
setTimeout(() => process.exit(), 1_000).unref();

/** A process that was started as a worker of another never is anything else. */
async function beginsAsWorker(): Promise<boolean> {
  const { workerMark } = await import('../gateway/workers/worker-mark.ts');
  if (process.env[workerMark] === undefined || process.send === undefined) return false;
  const { runWorker } = await import('../gateway/workers/worker-main.ts');
  runWorker();
  return true;
}
