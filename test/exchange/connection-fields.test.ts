import assert from 'node:assert/strict';
import { test } from 'node:test';
import { rawExchange } from '../support/raw-exchange.ts';
import { recordingBackend } from '../support/recording-backend.ts';
import { startSallyport } from '../support/sallyport.ts';
import { sharedScope } from '../support/scope.ts';
import { anyPorts, bodyOf, statuses } from './support.ts';

const scope = sharedScope();
const backend = await recordingBackend(scope, async ({ head, body }) => {
  await body;
  if (head.startsWith('GET /response')) {
    return 'HTTP/1.1 200 OK\r\nConnection: X-Hop, Content-Length, keep-alive\r\nX-Hop: 1\r\nX-End: 1\r\nKeep-Alive: timeout=5\r\nProxy-Connection: x\r\nUpgrade: h2c\r\nContent-Length: 2\r\n\r\nok';
  }
  if (head.startsWith('GET /426')) {
    return 'HTTP/1.1 426 Upgrade Required\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nContent-Length: 0\r\n\r\n';
  }
  return 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n';
});
const sallyport = await startSallyport(scope, `${anyPorts}sites:\n  plain.test: { tls: off, to: ${backend.port} }\n`);

async function headSeen(fields: string, line = 'GET / HTTP/1.1', body = ''): Promise<string> {
  const seen = backend.requests.length;
  const { text } = await rawExchange(
    sallyport.http,
    `${line}\r\nHost: plain.test\r\nConnection: close\r\n${fields}\r\n${body}`,
  );
  assert.deepEqual(statuses(text), [200]);
  return (await backend.request(seen)).head;
}

test('fields that Connection names are removed, and Connection itself', async () => {
  const head = await headSeen(
    'Connection: X-Hop , x-other\r\nX-Hop: 1\r\nX-OTHER: 2\r\nX-End: 3\r\nKeep-Alive: 5\r\nTE: trailers\r\nProxy-Connection: x\r\n',
  );
  assert.doesNotMatch(head, /x-hop|x-other|connection|keep-alive|^te:/im);
  assert.match(head, /\r\nX-End: 3\r\n/);
});

test('Connection can strip neither Host nor forwarding fields nor the length', async () => {
  const names = 'Host, X-Forwarded-For, X-Forwarded-Proto, X-Forwarded-Host, X-Real-IP, Forwarded, Via, Content-Length';
  const head = await headSeen(`Connection: ${names}\r\nContent-Length: 2\r\n`, 'POST / HTTP/1.1', 'ok');
  for (const name of names.split(', ')) {
    assert.equal(head.match(new RegExp(`^${name}: .+\\r$`, 'gim'))?.length, 1, name);
  }
});

test('Connection can strip neither the coding nor a body with it', async () => {
  const head = await headSeen(
    'Connection: Transfer-Encoding\r\nTransfer-Encoding: chunked\r\n',
    'POST / HTTP/1.1',
    '0\r\n\r\n',
  );
  assert.match(head, /\r\nTransfer-Encoding: chunked\r\n/);
});

for (const [what, fields] of Object.entries({
  h2c: 'Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n',
  'h2c in a list':
    'Connection: Upgrade, HTTP2-Settings\r\nUpgrade: websocket, h2c\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n',
  'h2c in the first of two fields':
    'Connection: Upgrade\r\nUpgrade: h2c\r\nUpgrade: websocket\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n',
  'h2c in the second of two fields':
    'Connection: Upgrade\r\nUpgrade: websocket\r\nUpgrade: H2C\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n',
  'HTTP/2.0': 'Connection: Upgrade\r\nUpgrade: HTTP/2.0\r\n',
  'an upgrade that Connection does not name': 'Upgrade: websocket\r\n',
})) {
  test(`${what} is not passed on`, async () => {
    const seen = backend.requests.length;
    await rawExchange(sallyport.http, `GET / HTTP/1.1\r\nHost: plain.test\r\n${fields}\r\n`, {
      until: (text) => text.includes('\r\n\r\n'),
    });
    const { head } = await backend.request(seen);
    assert.doesNotMatch(head, /upgrade|h2c|settings/i);
  });
}

test('an upgrade is not passed on for HTTP/1.0', async () => {
  const seen = backend.requests.length;
  await rawExchange(
    sallyport.http,
    'GET / HTTP/1.0\r\nHost: plain.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
  );
  assert.doesNotMatch((await backend.request(seen)).head, /upgrade/i);
});

test('response fields of the app’s connection are not passed on, its length is', async () => {
  const { text } = await rawExchange(
    sallyport.http,
    'GET /response HTTP/1.1\r\nHost: plain.test\r\nConnection: close\r\n\r\n',
  );
  assert.doesNotMatch(text, /x-hop|keep-alive|proxy-connection|upgrade/i);
  assert.match(text, /\r\nX-End: 1\r\n/);
  assert.match(text, /\r\nContent-Length: 2\r\n/);
  assert.equal(bodyOf(text), 'ok');
});

test('426 says which protocol it wants', async () => {
  const { text } = await rawExchange(
    sallyport.http,
    'GET /426 HTTP/1.1\r\nHost: plain.test\r\nConnection: close\r\n\r\n',
  );
  assert.match(text, /\r\nUpgrade: websocket\r\n/);
});
