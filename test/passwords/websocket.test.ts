import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { WebSocket } from 'ws';
import { startChromium } from '../support/chromium.ts';
import { needs } from '../support/parts.ts';
import { sharedScope } from '../support/scope.ts';
import { startWsServer } from '../support/websocket.ts';
import { openGuardedGate, userLine } from './support.ts';

const scope = sharedScope();
const app = await startWsServer(scope);
const gate = await openGuardedGate(
  scope,
  `
  kms.test:
    to: PORT
    auth: { basic: USERS }
    routes: { /ws: ${app.port} }
`,
);
const root = join(gate.sallyport.directory, 'state/authority/root.pem');
const origin = `https://kms.test:${gate.sallyport.https}`;
const ca = await readFile(root, 'utf8');

/** A handshake with these fields; resolves with the socket, or the status of a refusal. */
async function handshake(headers: Record<string, string>): Promise<WebSocket | number> {
  const url = `wss://127.0.0.1:${gate.sallyport.https}/ws`;
  const options = { ca, servername: 'kms.test', headers: { Host: origin.slice(8), ...headers } };
  const socket = new WebSocket(url, [], options);
  return new Promise((resolve, reject) => {
    socket.once('open', () => resolve(socket));
    socket.once('unexpected-response', (_request, response) => {
      resolve(response.statusCode ?? 0);
      response.destroy();
    });
    socket.once('error', reject);
  });
}

async function refused(headers: Record<string, string>): Promise<number> {
  const outcome = await handshake(headers);
  if (typeof outcome === 'number') return outcome;
  outcome.terminate();
  return 101;
}

test('a WebSocket as Safari opens it, with the cookie and no Authorization, passes; without it none does', async () => {
  assert.equal(await refused({ Origin: origin }), 401);
  const { cookie } = await gate.ask('kms.test', '/', '-u', 'alice:secret');
  const socket = await handshake({ Origin: origin, Cookie: `theme=dark; ${cookie}` });
  assert.ok(typeof socket !== 'number');
  socket.send('hello');
  const [message] = (await once(socket, 'message')) as [Buffer];
  assert.equal(String(message), 'hello');
  const seen = app.requests.at(-1);
  assert.equal(seen?.['x-remote-user'], 'alice');
  assert.equal(seen?.cookie, 'theme=dark');
  socket.terminate();
});

test("a WebSocket that another site's page opens is refused, though the browser sends what it knows", async () => {
  const { cookie } = await gate.ask('kms.test', '/', '-u', 'alice:secret');
  const Authorization = `Basic ${Buffer.from('alice:secret').toString('base64')}`;
  assert.equal(await refused({ Origin: 'https://evil.test', Cookie: cookie }), 403);
  assert.equal(await refused({ Origin: 'https://evil.test', Authorization }), 403);
  assert.equal(await refused({ Origin: 'https://kms.test.evil.test', Cookie: cookie }), 403);
  assert.equal(await refused({ Authorization }), 101);
});

test('who is removed loses an open WebSocket, others keep theirs', async (t) => {
  const open = async (user: string, password: string): Promise<WebSocket> => {
    const { cookie } = await gate.ask('kms.test', '/', '-u', `${user}:${password}`);
    const socket = await handshake({ Origin: origin, Cookie: cookie });
    assert.ok(typeof socket !== 'number');
    t.after(() => socket.terminate());
    return socket;
  };
  const alice = await open('alice', 'secret');
  const bob = await open('bob', 'hunter2');
  const closed = once(bob, 'close');
  await writeFile(gate.users, userLine('alice', 'secret'));
  await closed;
  alice.send('still here');
  const [message] = (await once(alice, 'message')) as [Buffer];
  assert.equal(String(message), 'still here');
  await writeFile(gate.users, userLine('alice', 'secret') + userLine('bob', 'hunter2'));
});

test('Chromium asks for the password once, and then its WebSocket passes', needs('chromium', 'certutil'), async (t) => {
  const browser = await startChromium(t, { roots: [root], names: ['kms.test'] });
  const page = await browser.newPage();
  await page.goto(`https://alice:secret@${origin.slice(8)}/`);
  assert.equal(await page.textContent('body'), 'ok');
  await page.goto(`${origin}/`);
  assert.equal(await page.textContent('body'), 'ok');
  const script = `new Promise((resolve, reject) => {
    const socket = new WebSocket(${JSON.stringify(`${origin.replace('https', 'wss')}/ws`)});
    socket.onopen = () => socket.send('from Chromium');
    socket.onmessage = ({ data }) => resolve(data);
    socket.onerror = () => reject(new Error('refused'));
  })`;
  assert.equal(await page.evaluate(script), 'from Chromium');
  assert.equal(await page.evaluate('document.cookie'), '');
  const bearer = `fetch('/api', { headers: { Authorization: 'Bearer token-of-the-app' } }).then((r) => r.status)`;
  assert.equal(await page.evaluate(bearer), 200);
  assert.match(gate.seen(), /^authorization: Bearer token-of-the-app\r$/im);
  assert.match(gate.seen(), /^X-Remote-User: alice\r$/m);
});
