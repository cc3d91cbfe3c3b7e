import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseCount, parseDuration, parseSize } from './quantity.ts';

test('durations become milliseconds', () => {
  const forms: [string | number, number][] = [
    ...([
      [0, 0],
      ['0', 0],
      ['500ms', 500],
      ['10s', 10_000],
      ['1.5s', 1500],
    ] as [string | number, number][]),
    ...([
      ['5m', 300_000],
      ['1h30m', 5_400_000],
      ['24d', 2_073_600_000],
    ] as [string, number][]),
  ];
  for (const [written, milliseconds] of forms)
    assert.equal(parseDuration(written).value, milliseconds, String(written));
  for (const written of [10, '10', '-1s', '1 s', 's', '1w', '25d', '1e3s', '', Number.NaN])
    assert.ok(parseDuration(written).faults, String(written));
});

test('sizes become bytes', () => {
  const forms: [string | number, number][] = [
    [4096, 4096],
    ['4096', 4096],
    ['64B', 64],
    ['64KiB', 65_536],
    ['1.5MiB', 1_572_864],
    ['1GiB', 2 ** 30],
  ];
  for (const [written, bytes] of forms) assert.equal(parseSize(written).value, bytes, String(written));
  for (const written of ['64KB', '64k', '1.5', '-1', 'KiB', 1e21, ''])
    assert.ok(parseSize(written).faults, String(written));
});

test('counts are whole numbers in range', () => {
  assert.equal(parseCount('128', 0, 1000).value, 128);
  for (const written of ['', '1.5', '1001', -1, '0x10'])
    assert.ok(parseCount(written, 0, 1000).faults, String(written));
});
