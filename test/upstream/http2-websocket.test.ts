import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { connect as connectHttp2, type IncomingHttpHeaders } from 'node:http2';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { anyPorts, statuses } from '../exchange/support.ts';
import { rawExchange } from '../support/raw-exchange.ts';
import { startSallyport } from '../support/sallyport.ts';
import { sharedScope } from '../support/scope.ts';
import { http2App } from './http2-app.ts';

const scope = sharedScope();
const app = await http2App(
  scope,
  (stream, head, path) => {
    if (path === '/refused') stream.respond({ ':status': 403 }, { endStream: true });
    else {
      stream.respond({ ':status': 200, 'sec-websocket-protocol': String(head['sec-websocket-protocol']) });
      stream.pipe(stream);
    }
  },
  { settings: { enableConnectProtocol: true } },
);
const without = await http2App(scope, (stream) => stream.respond({ ':status': 200 }, { endStream: true }));
const sallyport = await startSallyport(
  scope,
  `${anyPorts}sites:
  plain.test: { tls: off, to: "h2c://127.0.0.1:${app.port}" }
  without.test: { tls: off, to: "h2c://127.0.0.1:${without.port}" }
  secure.test: "h2c://127.0.0.1:${app.port}"
`,
);
const key = 'dGhlIHNhbXBsZSBub25jZQ==';
const handshake = (host: string, path = '/chat'): string =>
  `GET ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
  `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${key}\r\nSec-WebSocket-Protocol: chat\r\n\r\n`;

async function textOf(socket: Socket, until: RegExp): Promise<string> {
  let text = '';
  while (!until.test(text)) text += String(((await once(socket, 'data')) as [Buffer])[0]);
  return text;
}

test('a WebSocket of an HTTP/1.1 client reaches the app as an extended CONNECT', async () => {
  const client = connect(sallyport.http, '127.0.0.1');
  client.write(handshake('plain.test'));
  const head = await textOf(client, /\r\n\r\n$/);
  assert.match(head, /^HTTP\/1\.1 101 /);
  const accept = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
  assert.match(head, new RegExp(`\r\nsec-websocket-accept: ${accept.replaceAll('+', '\\+')}\r\n`, 'i'));
  assert.match(head, /\r\nsec-websocket-protocol: chat\r\n/i);
  const seen = app.heads.at(-1)!;
  assert.equal(seen[':method'], 'CONNECT');
  assert.equal(seen[':protocol'], 'websocket');
  assert.equal(seen[':path'], '/chat');
  assert.equal(seen[':scheme'], 'http');
  assert.equal(seen['sec-websocket-key'], undefined);
  client.write('there');
  assert.equal(await textOf(client, /there/), 'there');
  client.end(' and back');
  assert.equal(await textOf(client, /back/), ' and back');
  await once(client, 'close');
});

test('a WebSocket of an HTTP/2 client reaches the app', async () => {
  const ca = await readFile(join(sallyport.directory, 'state/authority/root.pem'));
  const session = connectHttp2(`https://127.0.0.1:${sallyport.https}`, { ca, servername: 'secure.test' });
  scope.after(() => session.destroy());
  await once(session, 'remoteSettings');
  const stream = session.request(
    {
      ':method': 'CONNECT',
      ':protocol': 'websocket',
      ':path': '/chat',
      ':authority': 'secure.test',
      ':scheme': 'https',
    },
    { endStream: false },
  );
  const [head] = (await once(stream, 'response')) as [IncomingHttpHeaders];
  assert.equal(head[':status'], 200);
  stream.write('there');
  assert.equal(String(((await once(stream, 'data')) as [Buffer])[0]), 'there');
  stream.end();
  stream.resume();
  await once(stream, 'close');
});

test('an app that refuses is heard', async () => {
  const { text } = await rawExchange(sallyport.http, handshake('plain.test', '/refused'), {
    until: (read) => read.includes('\r\n\r\n'),
  });
  assert.deepEqual(statuses(text), [403]);
});

test('an app that takes no WebSockets over HTTP/2 is 502, and the log names the cure', async () => {
  const { text } = await rawExchange(sallyport.http, handshake('without.test'), {
    until: (read) => read.includes('</html>'),
  });
  assert.deepEqual(statuses(text), [502]);
  assert.match(
    sallyport.output(),
    /takes no WebSockets over HTTP\/2 \(RFC 8441\); give their route a target that begins/,
  );
  assert.equal(without.heads.length, 0);
});
