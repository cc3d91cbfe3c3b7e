import assert from 'node:assert/strict';
import { once } from 'node:events';
import { suite, test } from 'node:test';
import { connect } from 'node:tls';
import { clientPreface } from '../../src/wire/http2/server-connection.ts';
import { block, frame, headers, ping, settings } from '../http2/peer.ts';
import { dialHttp2, greetHttp2 } from '../support/http2-peer.ts';
import { recordingBackend } from '../support/recording-backend.ts';
import { startSallyport } from '../support/sallyport.ts';
import { sharedScope } from '../support/scope.ts';
import { anyPorts, countersOf } from './support.ts';

const scope = sharedScope();
const backend = await recordingBackend(scope);
const start = (limits: string, more = '') =>
  startSallyport(scope, `${anyPorts}${more}limits: { ${limits} }\nsites:\n  localhost: ${backend.port}\n`);
const short = await start('headTimeout: 1s, keepAlive: 1s');
const narrow = await start('headBytes: 4KiB, headFields: 20, connectionsPerAddress: 2');

const fields: [string, string][] = [
  [':method', 'GET'],
  [':scheme', 'https'],
  [':authority', 'localhost'],
  [':path', '/'],
];
const get = (id: number, more: readonly [string, string][] = []): Buffer => headers(id, [...fields, ...more]);

suite('time limits', { concurrency: true }, () => {
  test('a client that never sends its preface is closed after headTimeout', async (t) => {
    const peer = await dialHttp2(t, short.https, 'localhost');
    peer.polite = false;
    assert.equal(await peer.ended(), 'SETTINGS_TIMEOUT');
  });

  test('a client that never acknowledges the settings is closed after headTimeout', async (t) => {
    const peer = await dialHttp2(t, short.https, 'localhost');
    peer.polite = false;
    peer.send(clientPreface, settings(), get(1));
    assert.equal((await peer.answer(1)).status, 200);
    assert.equal(await peer.ended(), 'SETTINGS_TIMEOUT');
  });

  test('a head that does not come to its end is cut after headTimeout, whatever else goes on', async (t) => {
    const whole = get(1);
    const beginnings = [whole.subarray(0, 5), whole.subarray(0, 20), frame(1, 0, 1, block(fields))];
    const ends = beginnings.map(async (beginning) => {
      const peer = await greetHttp2(t, short.https, 'localhost');
      peer.send(beginning);
      return peer.ended();
    });
    assert.deepEqual(
      await Promise.all(ends),
      beginnings.map(() => 'ENHANCE_YOUR_CALM'),
    );
  });

  test('an idle connection is closed after keepAlive, with a GOAWAY that has no error', async (t) => {
    const peer = await greetHttp2(t, short.https, 'localhost');
    await peer.send(get(1)).answer(1);
    const started = Date.now();
    assert.equal(await peer.ended(), 'NO_ERROR');
    assert.ok(Date.now() - started < 6_000);
  });

  test('a PING does not keep an idle connection open', async (t) => {
    const peer = await greetHttp2(t, short.https, 'localhost');
    await peer.send(get(1)).answer(1);
    const timer = setInterval(() => peer.send(ping()), 250);
    t.after(() => clearInterval(timer));
    assert.equal(await peer.ended(), 'NO_ERROR');
  });
});

test('a head above headBytes or headFields is 431, reaches no app and is counted; the connection goes on', async (t) => {
  const before = await countersOf(narrow);
  const peer = await greetHttp2(t, narrow.https, 'localhost');
  const reached = backend.requests.length;
  peer.send(get(1, [['x', 'a'.repeat(5000)]]));
  assert.equal((await peer.answer(1)).status, 431);
  peer.send(
    get(
      3,
      Array.from({ length: 40 }, (_, index) => [`x-${index}`, '1'] as const).map(([a, b]) => [a, b]),
    ),
  );
  assert.equal((await peer.answer(3)).status, 431);
  assert.equal(backend.requests.length, reached);
  peer.send(get(5, [['x', 'a'.repeat(3000)]]));
  assert.equal((await peer.answer(5)).status, 200);
  const { http2 } = await countersOf(narrow);
  assert.equal(http2.tooLargeHeads! - before.http2.tooLargeHeads!, 2);
  peer.destroy();
});

test('more streams at once than announced are refused and can be sent again', async (t) => {
  const stuck = await recordingBackend(t, ({ head }) =>
    head.startsWith('GET /wait') ? null : 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok',
  );
  const site = await startSallyport(t, `${anyPorts}sites:\n  localhost: ${stuck.port}\n`);
  const peer = await greetHttp2(t, site.https, 'localhost');
  const wait: [string, string][] = [...fields.slice(0, 3), [':path', '/wait']];
  for (let id = 1; id < 2 * 128; id += 2) peer.send(headers(id, wait));
  peer.send(get(301));
  assert.equal(await peer.reset(301), 'REFUSED_STREAM');
  await stuck.request(127);
  assert.equal(stuck.requests.length, 128);
  // A gate that stops waits for what is under way.
  peer.destroy();
});

test('more connections from one address than the limit are refused', async (t) => {
  const first = await greetHttp2(t, narrow.https, 'localhost');
  await greetHttp2(t, narrow.https, 'localhost');
  const third = connect({ port: narrow.https, host: '127.0.0.1', servername: 'localhost', ALPNProtocols: ['h2'] });
  third.on('error', () => {});
  await new Promise((resolve) => third.once('close', resolve));
  assert.equal((await first.send(get(1)).answer(1)).body, 'ok');
});

test('http2: false offers HTTP/1.1 alone', async (t) => {
  const site = await start('headTimeout: 1s', 'http2: false\n');
  const socket = connect({
    ...{ port: site.https, host: '127.0.0.1', servername: 'localhost' },
    ...{ ALPNProtocols: ['h2', 'http/1.1'], rejectUnauthorized: false },
  });
  t.after(() => void socket.destroy());
  await once(socket, 'secureConnect');
  assert.equal(socket.alpnProtocol, 'http/1.1');
  await assert.rejects(dialHttp2(t, site.https, 'localhost'));
});
