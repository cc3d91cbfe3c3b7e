import assert from 'node:assert/strict';
import { test } from 'node:test';
import { anyPorts, bodyOf } from '../exchange/support.ts';
import { rawExchange } from '../support/raw-exchange.ts';
import { recordingBackend } from '../support/recording-backend.ts';
import { startSallyport } from '../support/sallyport.ts';
import { sharedScope } from '../support/scope.ts';

const scope = sharedScope();
/** Requests to `/hold` are answered when this is called. */
const held: (() => void)[] = [];
const release = (): void => {
  for (const answer of held.splice(0)) answer();
};
const backend = (name: string) =>
  recordingBackend(scope, async ({ head, body }) => {
    await body;
    if (head.startsWith('GET /hold ')) await new Promise<void>((resolve) => held.push(resolve));
    return `HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n${name}`;
  });
const [a, b, c] = await Promise.all([backend('a'), backend('b'), backend('c')]);
const all = `[${a.port}, ${b.port}, ${c.port}]`;
const config = `${anyPorts}workers: 1
trustedProxies: [127.0.0.1]
sites:
  turns.test: { tls: off, to: ${all} }
  weights.test: { tls: off, to: [{ url: ${a.port}, weight: 3 }, ${b.port}] }
  least.test: { tls: off, to: [${a.port}, ${b.port}], balance: leastConnections }
  address.test: { tls: off, to: ${all}, balance: addressHash }
  fewer.test: { tls: off, to: [${a.port}, ${b.port}], balance: addressHash }
  cookie.test: { tls: off, to: ${all}, balance: { cookie: server } }
  secure.test: { tls: internal, routes: { /app: { to: ${all}, balance: { cookie: server } } } }
`;
const sallyport = await startSallyport(scope, config);
const ask = (host: string, fields = '', path = '/') =>
  rawExchange(sallyport.http, `GET ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n${fields}\r\n`);
const answerOf = async (host: string, fields = ''): Promise<string> => bodyOf((await ask(host, fields)).text);
const cookieIn = (text: string): string | undefined => /^set-cookie: server=([^;\r]+)/im.exec(text)?.[1];

test('targets take turns', async () => {
  let answers = '';
  for (let i = 0; i < 6; i++) answers += await answerOf('turns.test');
  assert.equal(answers, 'abcabc');
});

test('a target of three times the weight gets three times the requests, spread evenly', async () => {
  let answers = '';
  for (let i = 0; i < 8; i++) answers += await answerOf('weights.test');
  assert.equal(answers, 'aabaaaba');
});

test('leastConnections sends a request to the target that has least to do', async () => {
  const seen = { a: a.requests.length, b: b.requests.length };
  const busy = ask('least.test', '', '/hold');
  while (held.length < 1) await new Promise(setImmediate);
  const first = a.requests.length > seen.a ? 'a' : 'b';
  let answers = '';
  for (let i = 0; i < 4; i++) answers += await answerOf('least.test');
  release();
  assert.equal(bodyOf((await busy).text), first);
  assert.equal(answers, (first === 'a' ? 'b' : 'a').repeat(4));
});

test('addressHash brings one address to one target, and many addresses to all', async () => {
  const targets = new Map<string, string>();
  for (let i = 1; i <= 60; i++) {
    const address = `203.0.113.${i}`;
    const first = await answerOf('address.test', `X-Forwarded-For: ${address}\r\n`);
    assert.equal(await answerOf('address.test', `X-Forwarded-For: ${address}\r\n`), first);
    targets.set(address, first);
  }
  assert.deepEqual([...new Set(targets.values())].sort(), ['a', 'b', 'c']);

  let moved = 0;
  for (const [address, before] of targets) {
    const now = await answerOf('fewer.test', `X-Forwarded-For: ${address}\r\n`);
    if (before !== 'c') assert.equal(now, before);
    else moved++;
  }
  assert.ok(moved > 0);
});

test('a cookie brings a client back, and tells nothing about the target', async () => {
  const first = await ask('cookie.test');
  const value = cookieIn(first.text) ?? assert.fail('no cookie');
  assert.match(first.text, /^set-cookie: server=[\w-]{22}; Path=\/; HttpOnly; SameSite=Lax\r$/im);
  for (let i = 0; i < 5; i++) {
    const again = await ask('cookie.test', `Cookie: other=1; server=${value}\r\n`);
    assert.equal(bodyOf(again.text), bodyOf(first.text));
    assert.equal(cookieIn(again.text), undefined);
  }
});

test('a cookie that names no target is replaced', async () => {
  const { text } = await ask('cookie.test', 'Cookie: server=AAAAAAAAAAAAAAAAAAAAAA\r\n');
  assert.match(cookieIn(text) ?? '', /^[\w-]{22}$/);
});

test('over HTTPS the cookie is Secure, and for the path of its route only', async () => {
  const { text } = await rawExchange(
    sallyport.https,
    'GET /app/x HTTP/1.1\r\nHost: secure.test\r\nConnection: close\r\n\r\n',
    { tls: { name: 'secure.test' } },
  );
  assert.match(text, /^set-cookie: server=[\w-]{22}; Path=\/app; HttpOnly; SameSite=Lax; Secure\r$/im);
});
