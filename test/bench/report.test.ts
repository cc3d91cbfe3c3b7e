import assert from 'node:assert/strict';
import { test } from 'node:test';
import { markdownReport, terminalReport } from '../../bench/report.ts';
import { idleFigures, loadFigures, median, type WorkloadResult } from '../../bench/results.ts';
import { type Workload, workloads } from '../../bench/workloads.ts';

function workload<Kind extends Workload['kind']>(kind: Kind): Extract<Workload, { kind: Kind }> {
  return workloads.find((entry): entry is Extract<Workload, { kind: Kind }> => entry.kind === kind) as never;
}

const round = (cpuPerRequest: number) => ({
  ...{ cpuPerRequest, kernelShare: 0.5, requestsPerSecond: 1000, p50: 1, p99: 2, peakBytes: 5e6 },
});
const load: WorkloadResult = {
  kind: 'load',
  workload: workload('load'),
  figures: [
    loadFigures('nginx', [round(30), round(10), round(20)]),
    loadFigures('sallyport', [round(10), round(11), round(40)]),
  ],
};
const idle: WorkloadResult = {
  kind: 'idle',
  workload: workload('idle'),
  figures: [idleFigures('sallyport', [{ bytesPerConnection: 37_000 }])],
};

test('a median is the middle round, or the mean of the two in the middle', () => {
  assert.equal(median([5, 1, 9]), 5);
  assert.equal(median([4, 1, 9, 2]), 3);
});

test('the terminal table shows medians, their spread and the ratios to nginx and HAProxy', () => {
  const lines = terminalReport(load).trimEnd().split('\n');
  assert.match(lines[2] ?? '', /nginx +20\.0 +50 % +50 % +1\.00 +- +1 000 +1\.00 +2\.00 +5\.00$/);
  assert.match(lines[3] ?? '', /sallyport +11\.0 +50 % +136 % +0\.55 /);
});

test('the Markdown overview has a row a workload and a column a peer, and names what was skipped', () => {
  const text = markdownReport({
    startedAt: '2030-01-02T03:04:05.000Z',
    machine: 'a machine',
    rounds: 3,
    seconds: 1,
    versions: { nginx: '1', sallyport: '2' },
    skipped: ['caddy'],
    results: [load, idle],
  });
  assert.match(text, /^\| {2}\| nginx \| sallyport \|$/m);
  assert.match(text, /^\| HTTP\/1\.1, 102 B, 64 connections \| 20\.0 \(1\.00, -\) \| 11\.0 \(0\.55, -\) \|$/m);
  assert.match(text, /^\| memory per idle TLS connection \(KB\/connection\) \| - \| 37\.0 \(-, -\) \|$/m);
  assert.match(text, /Not installed: caddy\./);
});
