import assert from 'node:assert/strict';
import { readFileSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { Fuzzer } from '../../fuzz/fuzzer.ts';
import { targets } from '../../fuzz/registry.ts';
import type { FuzzReport } from '../../fuzz/report.ts';
import { runTarget } from '../../fuzz/run-target.ts';
import { runProcess } from '../support/process.ts';

const main = resolve(import.meta.dirname, '../../fuzz/main.ts');

test('a short run of every target breaks nothing', async (t) => {
  const args = [main, '--minutes', '0.35', '--json'];
  const { code, stdout, stderr } = await runProcess(process.execPath, args, { milliseconds: 180_000 });
  const report: FuzzReport = JSON.parse(stdout);
  const found = report.targets.flatMap(({ name, findings }) => findings.map(({ reason }) => `${name}: ${reason}`));
  assert.deepEqual(found, [], stderr);
  assert.equal(code, 0);
  assert.deepEqual(report.targets.map(({ name }) => name).sort(), Object.keys(targets).sort());
  for (const { name, inputs } of report.targets) assert.ok(inputs > 50, `${name}: ${inputs} inputs`);
  t.diagnostic(`${report.inputs} inputs, seed ${report.seed}`);
});

test('an input that breaks something is found and can be fed again; the same seed finds it again', () => {
  const run = (): string[] => {
    const broken: string[] = [];
    const fuzzer = new Fuzzer({
      target: {
        reads: 'nothing',
        seeds: ['abc', 'def'],
        dictionary: ['magic'],
        check(input) {
          if (input.includes('magic') && input.includes('c')) throw new Error('broken');
          return 'read';
        },
      },
      saved: [],
      seed: 7,
      guided: 0,
      before: () => {},
      broke: (input) => broken.push(input.toString('latin1')),
    });
    fuzzer.run({ milliseconds: 60_000, inputs: 2000 });
    return broken;
  };
  const first = run();
  assert.ok(first.length > 0);
  assert.deepEqual(run(), first);
});

test('an input that hangs is found, saved and named', async () => {
  const target = join(import.meta.dirname, 'hanging-target.ts');
  const budget = { milliseconds: 60_000, inputs: Number.POSITIVE_INFINITY };
  const { findings } = await runTarget(target, { seed: 1, guided: 0, budget, hangAfter: 1500 });
  assert.deepEqual(
    findings.map(({ kind }) => kind),
    ['hung'],
  );
  const file = findings[0]?.file ?? '';
  assert.ok(readFileSync(file).includes('!!'));
  rmSync(file);
});
