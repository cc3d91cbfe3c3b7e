import assert from 'node:assert/strict';
import { randomBytes, randomInt } from 'node:crypto';
import { test } from 'node:test';
import { frame, headers } from '../http2/peer.ts';
import { greetHttp2 } from '../support/http2-peer.ts';
import { recordingBackend } from '../support/recording-backend.ts';
import { startSallyport } from '../support/sallyport.ts';
import { sharedScope } from '../support/scope.ts';
import { anyPorts } from './support.ts';

const scope = sharedScope();
const backend = await recordingBackend(scope);
const sallyport = await startSallyport(scope, `${anyPorts}sites:\n  localhost: ${backend.port}\n`);
const get = (id: number): Buffer =>
  headers(id, [
    [':method', 'GET'],
    [':scheme', 'https'],
    [':authority', 'localhost'],
    [':path', '/'],
  ]);

/** A frame whose parts are likely, but not sure, to be valid. */
function anyFrame(): Buffer {
  const id = randomInt(4) === 0 ? randomInt(2 ** 31) : randomInt(12);
  if (randomInt(3) === 0) return get(id);
  return frame(randomInt(12), randomInt(256), id, randomBytes(randomInt(4) === 0 ? randomInt(300) : randomInt(10)));
}

test('random frames for some seconds: the gate stays the same process and serves a bystander', async (t) => {
  const bystander = await greetHttp2(t, sallyport.https, 'localhost');
  const end = Date.now() + 4_000;
  let connections = 0;
  while (Date.now() < end) {
    const peer = await greetHttp2(t, sallyport.https, 'localhost');
    peer.send(...Array.from({ length: 50 }, anyFrame));
    await new Promise((resolve) => setImmediate(resolve));
    if (connections % 3 === 0) peer.destroy();
    else await peer.ended(300).catch(() => '');
    peer.destroy();
    connections++;
  }
  assert.ok(connections > 10, `${connections} connections`);
  assert.equal((await bystander.send(get(1)).answer(1)).body, 'ok');
  const fresh = await greetHttp2(t, sallyport.https, 'localhost');
  assert.equal((await fresh.send(get(1)).answer(1)).body, 'ok');
  assert.doesNotMatch(sallyport.output(), /TypeError|RangeError|uncaught|\n\s+at /i);
});
