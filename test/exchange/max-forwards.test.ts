import assert from 'node:assert/strict';
import { test } from 'node:test';
import { rawExchange } from '../support/raw-exchange.ts';
import { recordingBackend } from '../support/recording-backend.ts';
import { startSallyport } from '../support/sallyport.ts';
import { sharedScope } from '../support/scope.ts';
import { anyPorts, statuses } from './support.ts';

const scope = sharedScope();
const backend = await recordingBackend(scope);
const sallyport = await startSallyport(scope, `${anyPorts}sites: { plain.test: { tls: off, to: ${backend.port} } }\n`);

const send = async (method: string, maxForwards: string) => {
  const fields = `Host: plain.test\r\nConnection: close\r\nMax-Forwards: ${maxForwards}\r\n`;
  return (await rawExchange(sallyport.http, `${method} / HTTP/1.1\r\n${fields}\r\n`)).text;
};

test('OPTIONS with Max-Forwards 0 is answered by the gate', async () => {
  const seen = backend.requests.length;
  const text = await send('OPTIONS', '0');
  assert.deepEqual(statuses(text), [204]);
  assert.match(text, /\r\nAllow: GET, HEAD, /);
  assert.doesNotMatch(text, /\r\nContent-Length:/i);
  assert.equal(backend.requests.length, seen);
});

for (const [method, sent, received] of [
  ['OPTIONS', '7', '6'],
  ['OPTIONS', '1', '0'],
  ['GET', '7', '7'],
  ['GET', '0', '0'],
] as const) {
  test(`${method} with Max-Forwards ${sent} reaches the app with ${received}`, async () => {
    const seen = backend.requests.length;
    assert.deepEqual(statuses(await send(method, sent)), [200]);
    const { head } = await backend.request(seen);
    assert.deepEqual(head.match(/^Max-Forwards: .*$/gim), [`Max-Forwards: ${received}`]);
  });
}
