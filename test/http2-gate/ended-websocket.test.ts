import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type ClientHttp2Stream, connect } from 'node:http2';
import { test } from 'node:test';
import { recordingBackend } from '../support/recording-backend.ts';
import { startSallyport } from '../support/sallyport.ts';
import { sharedScope } from '../support/scope.ts';

const scope = sharedScope();
const backend = await recordingBackend(scope, ({ head, socket }) => {
  if (!head.includes('websocket')) return 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
  if (head.includes(' /app-first '))
    socket.end('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
  else {
    socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
    socket.once('end', () => socket.end());
  }
  return null;
});
const listen = '{ http: "127.0.0.1:0", https: "127.0.0.1:0" }';
const sallyport = await startSallyport(scope, `listen: ${listen}\nworkers: 1\nsites: { localhost: ${backend.port} }\n`);

/** Opens one, ends it from both sides, and then makes a request; returns the lines of the access log about both, in their order. */
async function logOf(path: string, end: (stream: ClientHttp2Stream) => unknown): Promise<string[]> {
  const client = connect(`https://localhost:${sallyport.https}`, { rejectUnauthorized: false });
  scope.after(() => client.destroy());
  await once(client, 'remoteSettings');
  const stream = client.request({ ':method': 'CONNECT', ':protocol': 'websocket', ':path': path, ':scheme': 'https' });
  await once(stream, 'response');
  const closed = once(stream, 'close');
  stream.resume();
  await end(stream);
  await closed;
  const next = client.request({ ':path': `${path}-next` });
  next.resume();
  await once(next, 'close');
  await sallyport.process.printed(new RegExp(`"GET ${path}-next `));
  return [...sallyport.process.stdout().matchAll(new RegExp(`"GET (${path}\\S*) `, 'g'))].map(([, seen]) => seen!);
}

test('a WebSocket that the client ends first is over as soon as the app has ended it too', async () => {
  assert.deepEqual(await logOf('/client-first', (stream) => stream.end()), ['/client-first', '/client-first-next']);
});

test('a WebSocket that the app ends first is over as soon as the client has ended it too', async () => {
  const end = async (stream: ClientHttp2Stream): Promise<void> => {
    await once(stream, 'end');
    stream.end();
  };
  assert.deepEqual(await logOf('/app-first', end), ['/app-first', '/app-first-next']);
});
