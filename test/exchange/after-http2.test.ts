import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type ClientHttp2Session, connect } from 'node:http2';
import { test } from 'node:test';
import { recordingBackend } from '../support/recording-backend.ts';
import { startSallyport } from '../support/sallyport.ts';
import { sharedScope } from '../support/scope.ts';
import { anyPorts, secureExchange, whole } from './support.ts';

const scope = sharedScope();
const backend = await recordingBackend(scope, ({ head }) =>
  head.includes('websocket')
    ? 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n'
    : 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok',
);
const sallyport = await startSallyport(scope, `${anyPorts}sites: { localhost: ${backend.port} }\n`);

async function session(): Promise<ClientHttp2Session> {
  const client = connect(`https://localhost:${sallyport.https}`, { rejectUnauthorized: false });
  await once(client, 'remoteSettings');
  return client;
}

test('an HTTP/1.1 request that follows one by HTTP/2 is told and upgraded as what it is', async () => {
  const client = await session();
  const get = client.request({ ':path': '/' });
  get.resume();
  await once(get, 'close');
  const socket = client.request({ ':method': 'CONNECT', ':protocol': 'websocket', ':path': '/', ':scheme': 'https' });
  await once(socket, 'response');
  const closed = once(client, 'close');
  client.destroy();
  await closed;

  const seen = backend.requests.length;
  assert.equal(seen, 2);
  const plain = 'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n';
  await secureExchange(sallyport, 'localhost', plain, { until: whole(1) });
  assert.match((await backend.request(seen)).head, /\r\nVia: 1\.1 sallyport\r\n/);

  const fields = 'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n';
  for (let sent = 1; sent <= 4; sent++) {
    const upgrade = `GET / HTTP/1.1\r\nHost: localhost\r\n${fields}\r\n`;
    await secureExchange(sallyport, 'localhost', upgrade, { until: (text) => text.includes('101 ') });
    const { head } = await backend.request(seen + sent);
    assert.equal(head.match(/^sec-websocket-key: /gim)?.length, 1, head);
    assert.match(head, /\r\nVia: 1\.1 sallyport\r\n/);
  }
});
