import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { z } from 'zod';
import { listen } from './gate.ts';
import { pythonMissing, runPython } from './python.ts';

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

const closers: (() => void)[] = [];
after(() => {
  for (const close of closers) close();
});

const head = (path: string, method = 'GET'): [string, string][] => [
  [':method', method],
  [':scheme', 'http'],
  [':authority', 'localhost'],
  [':path', path],
];

test("Python's h2: bodies larger than every window, both ways and at once, with trailers both ways", {
  skip: pythonMissing,
}, async () => {
  const gate = await listen((exchange) => {
    const body = Buffer.concat(exchange.body);
    exchange.send(200, [['X-Trailers', exchange.trailers.trim()]], body, [['Grpc-Status', '0']]);
  });
  closers.push(gate.close);
  const bodies = Array.from({ length: 20 }, (_, index) => Buffer.alloc(50_000 * index + 1, `${index}`).toString('hex'));
  const requests = bodies.map((body, index) => [head(`/${index}`, 'POST'), body, [['x-checksum', `${index}`]]]);
  const got = answers.parse(await runPython('h2_client.py', requests, `${gate.port}`));
  for (const [index, answer] of got.entries()) {
    assert.equal(answer.body === bodies[index], true, `body ${index}`);
    assert.deepEqual(answer.trailers, [['grpc-status', '0']]);
    assert.deepEqual(answer.fields, [
      [':status', '200'],
      ['x-trailers', `x-checksum: ${index}`],
    ]);
  }
  assert.deepEqual(gate.happenings, { refused: [], resets: [], failures: [] });
});

test("Python's h2: an early answer stops an upload, and HEAD, 204 and 304 are whole without a body", {
  skip: pythonMissing,
}, async () => {
  const gate = await listen((exchange) => {
    const status = Number(exchange.pseudo[':path']?.slice(1));
    exchange.respond(status, [['X-Seen', exchange.fields.includes('host: localhost') ? 'host' : '']], 'dropped');
  });
  closers.push(gate.close);
  const requests = [
    [head('/200', 'HEAD'), '', null],
    [head('/204'), '', null],
    [head('/304'), '', null],
  ];
  const got = answers.parse(await runPython('h2_client.py', requests, `${gate.port}`));
  assert.deepEqual(
    got.map(({ fields: seen, body, ended }) => [seen?.[0]?.[1], seen?.[1]?.[1], body, ended]),
    [
      ['200', 'host', '', true],
      ['204', 'host', '', true],
      ['304', 'host', '', true],
    ],
  );
});
