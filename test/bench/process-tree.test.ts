import assert from 'node:assert/strict';
import { test } from 'node:test';
import { kernelShare, peakBytes, resetPeak, timeBetween, treeTime } from '../../bench/measure/process-tree.ts';
import { startProcess } from '../support/process.ts';

/** A parent that starts a child; on SIGUSR2 the child burns processor time and prints how much by its own account. */
const parent = `
const { spawn } = require('node:child_process');
const child = spawn(process.execPath, ['-e', process.env.CHILD], { stdio: 'inherit' });
process.on('SIGUSR2', () => child.kill('SIGUSR2'));
`;
const child = `
process.on('SIGUSR2', () => {
  const held = Buffer.alloc(64 * 1024 * 1024, 1);
  const start = process.cpuUsage();
  let used;
  do { used = process.cpuUsage(start); } while (used.user + used.system < 300_000);
  console.log('used ' + (used.user + used.system) + ' ' + held.length);
});
setInterval(() => {}, 1e6);
console.log('up');
`;

test('a process tree is charged with the time and memory of its descendants', async (t) => {
  const program = startProcess(process.execPath, ['-e', parent], { env: { CHILD: child } });
  t.after(async () => void (await program.stop()));
  await program.printed(/^up$/m);
  resetPeak(program.pid);
  const before = treeTime(program.pid);
  const peakBefore = peakBytes(program.pid);
  assert.equal(before.size, 2);
  program.signal('SIGUSR2');
  const [, used] = await program.printed(/^used (\d+)/m);
  const after = treeTime(program.pid);
  const microseconds = timeBetween(before, after) / 1000;
  assert.ok(microseconds >= Number(used) * 0.95, `${microseconds} us seen, ${used} us used`);
  assert.ok(microseconds <= Number(used) + 200_000, `${microseconds} us seen, ${used} us used`);
  assert.ok(peakBytes(program.pid) - peakBefore > 60e6, 'the peak counts memory of the child');
});

test('time of a process that ended is missed, not taken for zero', async (t) => {
  const program = startProcess(process.execPath, ['-e', parent], { env: { CHILD: child } });
  t.after(async () => void (await program.stop()));
  await program.printed(/^up$/m);
  const before = treeTime(program.pid);
  const after = new Map([...before].filter(([pid]) => pid === program.pid));
  assert.throws(() => timeBetween(before, after), /ended during the round/);
});

test("the kernel's share is of the time between, with that of processes begun meanwhile", () => {
  const time = (ticks: number, kernelTicks: number) => ({ threads: new Map<string, number>(), ticks, kernelTicks });
  const before = new Map([[1, time(10, 4)]]);
  assert.equal(
    kernelShare(
      before,
      new Map([
        [1, time(30, 9)],
        [2, time(20, 15)],
      ]),
    ),
    0.5,
  );
  assert.equal(kernelShare(before, before), 0);
});
