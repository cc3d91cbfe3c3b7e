import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { mebibyte, mostGrowth, readSlowlyFirst, startBigApp } from '../support/big-bodies.ts';
import { growthDuring } from '../support/resident.ts';
import { startSallyport } from '../support/sallyport.ts';
import { sharedScope } from '../support/scope.ts';
import { anyPorts, openSession } from './support.ts';

const scope = sharedScope();
const downloadSize = 96 * mebibyte;
const port = await startBigApp(scope, downloadSize, (request, received) => {
  if (received > 12 * mebibyte || request.isPaused()) return;
  request.pause();
  setTimeout(() => request.resume(), 2);
});
const sallyport = await startSallyport(
  scope,
  // One process, whose memory is looked at.
  `workers: 1\n${anyPorts}sites:\n  localhost: ${port}\n`,
);

test('384 MiB in four streams of one connection, to a reader that is slow, then fast', async (t) => {
  const session = await openSession(t, sallyport, 'localhost');
  const streams = Array.from({ length: 4 }, () => session.request({ ':path': '/' }));
  const closed = streams.map(readSlowlyFirst);
  const growth = await growthDuring(sallyport.pid, Promise.all(closed));
  assert.deepEqual(await Promise.all(closed), [downloadSize, downloadSize, downloadSize, downloadSize]);
  assert.ok(growth < mostGrowth, `grew by ${growth / mebibyte} MiB`);
});

test('192 MiB of upload in two streams, to an app that reads slowly, then fast', async (t) => {
  const session = await openSession(t, sallyport, 'localhost');
  const size = 96 * mebibyte;
  const piece = Buffer.alloc(mebibyte);
  const answers = [0, 1].map(async () => {
    const stream = session.request({ ':method': 'POST', ':path': '/' });
    for (let left = size; left > 0; left -= piece.length) if (!stream.write(piece)) await once(stream, 'drain');
    stream.end().setEncoding('utf8');
    let text = '';
    for await (const chunk of stream) text += chunk;
    return text;
  });
  const growth = await growthDuring(sallyport.pid, Promise.all(answers));
  assert.deepEqual(await Promise.all(answers), [`${size}`, `${size}`]);
  assert.ok(growth < mostGrowth, `grew by ${growth / mebibyte} MiB`);
});
