import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:https';
import { type AddressInfo, connect } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { anyPorts, bodyOf, statuses } from '../exchange/support.ts';
import { makeCertificate } from '../support/certificates.ts';
import { rawExchange } from '../support/raw-exchange.ts';
import { recordingBackend } from '../support/recording-backend.ts';
import { startSallyport } from '../support/sallyport.ts';
import { sharedScope, temporaryDirectory } from '../support/scope.ts';

const scope = sharedScope();
const directory = await temporaryDirectory(scope);
const { certificateFile, keyFile, rootFile } = await makeCertificate(directory, ['app.test']);
const size = 64 * 1024 * 1024;
const names: string[] = [];
const app = createServer(
  { cert: await readFile(certificateFile), key: await readFile(keyFile) },
  (request, response) => {
    names.push(String(Reflect.get(request.socket, 'servername')));
    let received = 0;
    request.on('data', (chunk: Buffer) => {
      received += chunk.length;
    });
    request.on('end', () => {
      if (request.url === '/big') response.end(Buffer.alloc(size, 'x'));
      else response.end(String(received));
    });
  },
).listen(0, '127.0.0.1');
await once(app, 'listening');
scope.after(() => {
  app.closeAllConnections();
  app.close();
});
const { port } = app.address() as AddressInfo;
const socketPath = join(directory, 'app.sock');
const unix = await recordingBackend(scope, undefined, socketPath);
const sallyport = await startSallyport(
  scope,
  `${anyPorts}sites:
  good.test: { tls: off, to: { url: "https://127.0.0.1:${port}", caFile: ${rootFile}, serverName: app.test } }
  unknown-root.test: { tls: off, to: { url: "https://127.0.0.1:${port}", serverName: app.test } }
  other-name.test: { tls: off, to: { url: "https://127.0.0.1:${port}", caFile: ${rootFile}, serverName: other.test } }
  no-name.test: { tls: off, to: { url: "https://127.0.0.1:${port}", caFile: ${rootFile} } }
  unix.test: { tls: off, to: "unix:${socketPath}" }
`,
);
const get = (host: string, path = '/') =>
  rawExchange(sallyport.http, `GET ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);

test('an app with a certificate of the given root and name is asked', async () => {
  const { text } = await get('good.test');
  assert.deepEqual(statuses(text), [200]);
  assert.equal(names.at(-1), 'app.test');
});

for (const host of ['unknown-root.test', 'other-name.test', 'no-name.test']) {
  test(`${host}: an app whose certificate does not verify gets no request, the client 502`, async () => {
    const asked = names.length;
    const { text } = await get(host);
    assert.deepEqual(statuses(text), [502]);
    assert.equal(names.length, asked);
  });
}

test('a large answer of a secure app arrives whole at a reader that pauses', async () => {
  const client = connect(sallyport.http, '127.0.0.1');
  client.write('GET /big HTTP/1.1\r\nHost: good.test\r\nConnection: close\r\n\r\n');
  let received = 0;
  let pauses = 0;
  client.on('data', (chunk: Buffer) => {
    received += chunk.length;
    if (pauses >= 4 || received < pauses * 8 * 1024 * 1024) return;
    pauses++;
    client.pause();
    void delay(100).then(() => client.resume());
  });
  await once(client, 'close');
  assert.ok(received > size && received < size + 1024, `${received}`);
});

test('a large upload reaches a secure app whole', async () => {
  const body = Buffer.alloc(8 * 1024 * 1024);
  const { text } = await rawExchange(sallyport.http, [
    `POST / HTTP/1.1\r\nHost: good.test\r\nConnection: close\r\nContent-Length: ${body.length}\r\n\r\n`,
    body,
  ]);
  assert.equal(bodyOf(text), String(body.length));
});

test('an app on a Unix socket is asked', async () => {
  assert.equal(bodyOf((await get('unix.test')).text), 'ok');
  assert.equal(unix.requests.length, 1);
});
