import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { z } from 'zod';
import { pythonMissing, runPython } from '../http2/python.ts';
import { startSallyport } from '../support/sallyport.ts';
import { sharedScope } from '../support/scope.ts';
import { anyPorts, countersOf } from './support.ts';

const fields = z.array(z.tuple([z.string(), z.string()]));
const answers = z.array(
  z.object({
    fields: fields.nullable(),
    early: z.array(fields),
    body: z.string(),
    trailers: fields.nullable(),
    ended: z.boolean(),
    reset: z.number().nullable(),
  }),
);

const scope = sharedScope();
/** Gives back what it was sent, with a trailer that repeats the client's. */
const app = createServer((request, response) => {
  const { url = '' } = request;
  if (url === '/hints') response.writeEarlyHints({ link: '</a.css>; rel=preload' });
  const status = Number(/^\/(\d{3})$/.exec(url)?.[1] ?? 200);
  const uploads = request.method === 'POST';
  response.writeHead(status, uploads ? { Trailer: 'x-checksum' } : {});
  response.flushHeaders();
  request.on('data', (piece: Buffer) => {
    if (!response.write(piece)) request.pause();
  });
  response.on('drain', () => request.resume());
  request.on('end', () => {
    if (uploads) response.addTrailers({ 'x-checksum': String(request.trailers['x-checksum'] ?? 'none') });
    response.end();
  });
});
app.listen(0, '127.0.0.1');
await once(app, 'listening');
scope.after(() => {
  app.closeAllConnections();
  app.close();
});
const sallyport = await startSallyport(
  scope,
  `${anyPorts}sites:\n  localhost: ${(app.address() as AddressInfo).port}\n`,
);

const head = (path: string, method = 'GET'): [string, string][] => [
  [':method', method],
  [':scheme', 'https'],
  [':authority', 'localhost'],
  [':path', path],
];
type Request = [[string, string][], string, [string, string][] | null];
const askAll = async (requests: readonly Request[]) =>
  answers.parse(await runPython('h2_client.py', requests, `${sallyport.https}`, 'localhost'));

test("Python's h2: twenty uploads at once, larger than every window, are echoed whole, with trailers both ways", {
  skip: pythonMissing,
}, async () => {
  const bodies = Array.from({ length: 20 }, (_, index) => Buffer.alloc(40_000 * index + 1, `${index}`).toString('hex'));
  const got = await askAll(
    bodies.map((body, index) => [head(`/${index}/`, 'POST'), body, [['x-checksum', `${index}`]]]),
  );
  for (const [index, answer] of got.entries()) {
    assert.ok(answer.ended && answer.body === bodies[index], `body ${index}`);
    assert.deepEqual(answer.trailers, [['x-checksum', `${index}`]]);
  }
});

test("Python's h2, which checks what it is sent: HEAD, 204, 304 and early hints break no rule of the protocol", {
  skip: pythonMissing,
}, async () => {
  const before = await countersOf(sallyport);
  const got = await askAll([
    [head('/200', 'HEAD'), '', null],
    [head('/204'), '', null],
    [head('/304'), '', null],
    [head('/hints'), '', null],
  ]);
  assert.deepEqual(
    got.map(({ fields: seen, body, ended }) => [seen?.[0]?.[1], body, ended]),
    [
      ['200', '', true],
      ['204', '', true],
      ['304', '', true],
      ['200', '', true],
    ],
  );
  assert.deepEqual(got[3]?.early, [
    [
      [':status', '103'],
      ['link', '</a.css>; rel=preload'],
      ['via', '1.1 sallyport'],
    ],
  ]);
  assert.deepEqual((await countersOf(sallyport)).http2, before.http2);
});
