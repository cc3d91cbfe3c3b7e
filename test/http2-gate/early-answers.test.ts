import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FrameType } from '../../src/wire/http2/frames/frame-type.ts';
import { data, get, headers } from '../http2/peer.ts';
import { runCurl } from '../support/clients.ts';
import { greetHttp2 } from '../support/http2-peer.ts';
import { needs } from '../support/parts.ts';
import { recordingBackend } from '../support/recording-backend.ts';
import { startSallyport } from '../support/sallyport.ts';
import { sharedScope } from '../support/scope.ts';
import { anyPorts, ask, openSession } from './support.ts';

const scope = sharedScope();
const backend = await recordingBackend(scope, async ({ head }) => {
  if (head.startsWith('POST /early')) return 'HTTP/1.1 413 Content Too Large\r\nContent-Length: 8\r\n\r\ntoo much';
  return 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
});
const sallyport = await startSallyport(scope, `${anyPorts}sites:\n  localhost: ${backend.port}\n`);

test('curl sees an answer that comes before its upload has ended', needs('curl'), async () => {
  for (const size of [100_000, 30_000_000]) {
    const { code, stdout, stderr } = await runCurl(
      [
        ...['--insecure', '--http2', '-w', ' %{http_version} %{http_code}', '-H', 'Expect:', '--data-binary', '@-'],
        `https://localhost:${sallyport.https}/early`,
      ],
      { input: Buffer.alloc(size) },
    );
    assert.equal(`${code} ${stdout}`, '0 too much 2 413', stderr);
  }
});

test('Node sees it, and the connection stays usable', async (t) => {
  const session = await openSession(t, sallyport, 'localhost');
  for (let turn = 0; turn < 3; turn++) {
    const { status, text } = await ask(session, { ':method': 'POST', ':path': '/early' }, Buffer.alloc(5_000_000));
    assert.deepEqual([status, text], [413, 'too much']);
  }
  assert.equal((await ask(session, { ':path': '/' })).text, 'ok');
});

test('a client that goes on uploading is asked to stop, others on its connection go on', async (t) => {
  const peer = await greetHttp2(t, sallyport.https, 'localhost');
  const fields: [string, string][] = [
    [':method', 'POST'],
    [':scheme', 'https'],
    [':authority', 'localhost'],
    [':path', '/early'],
  ];
  peer.send(headers(1, fields, 4), data(1, 'some'));
  assert.equal((await peer.answer(1)).status, 413);
  assert.equal(peer.of(FrameType.RST_STREAM).length, 0);
  peer.send(data(1, 'more'), headers(3, [[':method', 'GET'], ...fields.slice(1)]));
  assert.equal((await peer.answer(3)).status, 200);
  assert.equal(await peer.reset(1), 'NO_ERROR');
  peer.send(get(5));
  assert.equal((await peer.answer(5)).status, 421);
});
