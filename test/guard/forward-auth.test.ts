import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { runCurl } from '../support/clients.ts';
import { startNginxUpstream } from '../support/nginx.ts';
import { needs } from '../support/parts.ts';
import { freePort } from '../support/ports.ts';
import { type RecordedRequest, recordingBackend } from '../support/recording-backend.ts';
import { runSallyport, startSallyport } from '../support/sallyport.ts';
import { sharedScope } from '../support/scope.ts';

// Neither Authelia nor oauth2-proxy is in Debian: the service here answers as their manuals say, and nginx stands for any other.
const scope = sharedScope();
const app = await recordingBackend(scope);
const cookieOf = ({ head }: RecordedRequest): string => /^cookie: .*session=(\w+)/im.exec(head)?.[1] ?? '';
const ends = 'Content-Type: text/html\r\nContent-Length: 6\r\n\r\nanswer';
const answers: Readonly<Record<string, string>> = {
  alice: `HTTP/1.1 200 OK\r\nRemote-User: alice\r\nRemote-Groups: admins,staff\r\nX-Other: secret\r\n${ends}`,
  fresh: `HTTP/1.1 202 Accepted\r\nRemote-User: bob\r\nSet-Cookie: session=alice; Secure\r\n${ends}`,
  bare: 'HTTP/1.1 204 No Content\r\n\r\n',
  chunked: 'HTTP/1.1 200 OK\r\nRemote-User: chunky\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n',
  forbidden: `HTTP/1.1 403 Forbidden\r\nX-Why: group\r\n${ends}`,
  broken: `HTTP/1.1 500 Internal Server Error\r\n${ends}`,
  upgrade: 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n',
  unmodified: 'HTTP/1.1 304 Not Modified\r\n\r\n',
  garbage: 'nothing of HTTP\r\n\r\n',
  huge: `HTTP/1.1 403 Forbidden\r\nContent-Length: 300000\r\n\r\n${'x'.repeat(300_000)}`,
};
const login =
  'HTTP/1.1 302 Found\r\nLocation: https://login.test/?rd=back\r\nSet-Cookie: state=1\r\nSet-Cookie: more=2\r\nContent-Length: 0\r\n\r\n';
const service = await recordingBackend(scope, (request) => {
  const cookie = cookieOf(request);
  if (cookie === 'silent') return null;
  if (cookie === 'once') {
    request.socket.end(answers.alice ?? '');
    return null;
  }
  return answers[cookie] ?? login;
});
const deaf = createServer(() => {});
deaf.listen(0, '127.0.0.1');
await once(deaf, 'listening');
scope.after(() => void deaf.close());
const nobody = await freePort();
const place = `http://127.0.0.1:${service.port}`;
const gate = await startSallyport(
  scope,
  `
listen: { http: "127.0.0.1:0", https: "127.0.0.1:0" }
trustedProxies: [127.0.0.9]
logs: { access: stdout }
workers: 1
sites:
  app.test:
    to: ${app.port}
    forwardAuth: { url: "${place}/api/verify?x=1", timeout: 700ms }
    routes: { /public: { to: ${app.port}, forwardAuth: false } }
  cached.test: { to: ${app.port}, forwardAuth: { url: "${place}/cached", cache: 1h } }
  named.test: { to: ${app.port}, forwardAuth: { url: "${place}", copy: [X-Other], copyToClient: [X-Other], user: X-Other } }
  down.test: { to: ${app.port}, forwardAuth: "http://127.0.0.1:${nobody}/" }
  limited.test: { to: ${app.port}, forwardAuth: "${place}/limited", rateLimit: { requests: 1, per: 1h, key: user } }
`,
);
const root = join(gate.directory, 'state/authority/root.pem');

interface Answer {
  readonly status: number;
  readonly head: string;
  readonly body: string;
  readonly asked: readonly RecordedRequest[];
  readonly reached: readonly RecordedRequest[];
}

async function ask(name: string, session: string | null, path = '/', ...more: readonly string[]): Promise<Answer> {
  const at = ['--connect-to', `${name}:${gate.https}:127.0.0.1:${gate.https}`, '--cacert', root];
  const cookie = session === null ? [] : ['--cookie', `a=b; session=${session}`];
  const [asked, reached] = [service.requests.length, app.requests.length];
  const { stdout, stderr } = await runCurl([
    ...at,
    ...cookie,
    '--include',
    ...more,
    `https://${name}:${gate.https}${path}`,
  ]);
  assert.ok(stdout, stderr);
  const [, head = '', body = ''] = /^([\s\S]*?)\r\n\r\n([\s\S]*)$/.exec(stdout) ?? [];
  return {
    status: Number(/^HTTP\/\S+ (\d+)/.exec(head)?.[1]),
    head,
    body,
    asked: service.requests.slice(asked),
    reached: app.requests.slice(reached),
  };
}

for (const version of ['--http1.1', '--http2']) {
  const name = version.slice(2);
  test(`who the service lets pass reaches the app, with the chosen fields (${name})`, needs('curl'), async () => {
    const { status, body, head, asked, reached } = await ask('app.test', 'alice', '/x?y=1', version);
    assert.deepEqual([status, body, asked.length, reached.length], [200, 'ok', 1, 1]);
    assert.match(reached[0]!.head, /^GET \/x\?y=1 HTTP\/1\.1\r\n/);
    assert.match(reached[0]!.head, /\r\nRemote-User: alice\r\nRemote-Groups: admins,staff\r\n/);
    assert.match(reached[0]!.head, /\r\ncookie: a=b; session=alice\r\n/i);
    assert.doesNotMatch(reached[0]!.head + head, /secret|X-Original|X-Forwarded-Uri/i);
    await gate.process.printed(/^127\.0\.0\.1 - alice .*"GET \/x\?y=1 /m);
  });

  test(`the service is told of the request as Traefik, Caddy and nginx tell it, without the body (${name})`, async () => {
    const fields = [
      'If-None-Match: "x"',
      'Range: bytes=0-1',
      'X-Forwarded-Uri: /forged',
      'X-Original-URL: https://forged/',
      'X-Forwarded-Method: PUT',
      'X-Original-Method: PUT',
      'Remote-User: root',
      'Authorization: Bearer t',
    ];
    const flags = fields.flatMap((field) => ['--header', field]);
    const { status, asked, reached } = await ask(
      'app.test',
      'alice',
      '/a/b?c=d',
      version,
      ...flags,
      '--data-binary',
      'body'.repeat(10_000),
    );
    assert.equal(status, 200);
    const [question] = asked;
    assert.match(question!.head, /^GET \/api\/verify\?x=1 HTTP\/1\.1\r\nHost: 127\.0\.0\.1:\d+\r\n/);
    const lines = question!.head.split('\r\n');
    const url = `app.test:${gate.https}`;
    for (const line of [
      'X-Forwarded-For: 127.0.0.1',
      'X-Forwarded-Proto: https',
      `X-Forwarded-Host: ${url}`,
      'X-Forwarded-Uri: /a/b?c=d',
      'X-Forwarded-Method: POST',
      `X-Original-URL: https://${url}/a/b?c=d`,
      'X-Original-Method: POST',
    ]) {
      assert.ok(lines.includes(line), `${line} in ${question!.head}`);
    }
    assert.match(question!.head, /\r\nauthorization: Bearer t\r\n/i);
    assert.match(question!.head, /\r\ncookie: a=b; session=alice\r\n/i);
    assert.doesNotMatch(
      question!.head,
      /forged|root|PUT|if-none-match|range:|content-length|content-type|transfer-encoding/i,
    );
    assert.equal((await reached[0]!.body).length, 40_000);
    assert.match(reached[0]!.head, /\r\nauthorization: Bearer t\r\n/i);
    assert.doesNotMatch(reached[0]!.head, /root/);
  });

  test(`any other answer is the client’s, whole (${name})`, async () => {
    const redirected = await ask('app.test', null, '/', version);
    assert.deepEqual([redirected.status, redirected.reached.length], [302, 0]);
    assert.match(redirected.head, /\r\nlocation: https:\/\/login\.test\/\?rd=back\r\n/i);
    assert.match(redirected.head, /\r\nset-cookie: state=1\r\nset-cookie: more=2\r\n/i);
    assert.match(redirected.head, /\r\ncache-control: no-store\r?/i);
    const refused = await ask('app.test', 'forbidden', '/', version);
    assert.deepEqual([refused.status, refused.body, refused.reached.length], [403, 'answer', 0]);
    assert.match(refused.head, /\r\nx-why: group(?:\r\n|$)/i);
    assert.match(refused.head, /\r\ncontent-type: text\/html\r\n/i);
    const posted = await ask('app.test', 'forbidden', '/', version, '--data-binary', 'x'.repeat(100_000));
    assert.deepEqual([posted.status, posted.reached.length], [403, 0]);
    assert.equal((await ask('app.test', 'forbidden', '/', version, '--head')).body, '');
    assert.equal((await ask('app.test', 'broken', '/', version)).status, 500);
  });

  test(`without an answer that can be read nobody passes (${name})`, async () => {
    for (const session of ['silent', 'upgrade', 'unmodified', 'garbage', 'huge']) {
      const { status, body, reached } = await ask('app.test', session, '/', version);
      assert.deepEqual([status, reached.length], [503, 0], session);
      assert.match(body, /cannot be found out now whether you may pass/);
    }
    assert.equal((await ask('down.test', 'alice', '/', version)).status, 503);
  });
}

test('why is in the error log', async () => {
  const log = gate.process.stderr();
  assert.match(log, /forward auth 127\.0\.0\.1:\d+: no answer within 700 ms/);
  assert.match(log, /forward auth 127\.0\.0\.1:\d+: .*ECONNREFUSED/);
  assert.match(log, /forward auth 127\.0\.0\.1:\d+: its answer is too long/);
});

test('a consent may have no body, or come in chunks', async () => {
  assert.equal((await ask('app.test', 'bare')).status, 200);
  assert.match((await ask('app.test', 'chunked')).reached[0]!.head, /\r\nRemote-User: chunky\r\n/);
});

test('cookies that the service renews reach the client beside the app’s answer', async () => {
  const { status, head } = await ask('app.test', 'fresh');
  assert.equal(status, 200);
  assert.match(head, /\r\nset-cookie: session=alice; Secure(?:\r\n|$)/i);
});

test('clients cannot send the chosen fields themselves, not even where nobody is asked', async () => {
  const forged = ['Remote-User: root', 'remote_user: root', 'REMOTE-GROUPS: root', 'X-Auth-Request-Email: root'];
  const flags = forged.flatMap((field) => ['--header', field]);
  const guarded = await ask('app.test', 'bare', '/', ...flags);
  assert.equal(guarded.status, 200);
  assert.doesNotMatch(guarded.reached[0]!.head, /root/);
  const open = await ask('app.test', null, '/public', ...flags);
  assert.deepEqual([open.status, open.asked.length], [200, 0]);
  assert.doesNotMatch(open.reached[0]!.head, /root/);
});

test('what is copied, and who it is, can be chosen', async () => {
  const { head, reached } = await ask('named.test', 'alice', '/chosen');
  assert.match(reached[0]!.head, /\r\nX-Other: secret\r\n/);
  assert.doesNotMatch(reached[0]!.head, /Remote-User/);
  assert.match(head, /\r\nx-other: secret(?:\r\n|$)/i);
  await gate.process.printed(/^127\.0\.0\.1 - secret .*"GET \/chosen /m);
});

test('connections to the service are used again, and one that died unnoticed is replaced', async () => {
  await ask('app.test', 'alice');
  const before = service.connections();
  for (let n = 0; n < 5; n++) assert.equal((await ask('app.test', 'alice')).status, 200);
  assert.equal(service.connections(), before);
  for (let n = 0; n < 3; n++) assert.equal((await ask('app.test', 'once')).status, 200);
});

test('a consent is remembered where that is asked for, for equal requests only', async () => {
  assert.equal((await ask('cached.test', 'alice', '/c')).asked.length, 1);
  const again = await ask('cached.test', 'alice', '/c');
  assert.deepEqual([again.status, again.asked.length], [200, 0]);
  assert.match(again.reached[0]!.head, /\r\nRemote-User: alice\r\n/);
  assert.equal((await ask('cached.test', 'alice', '/d')).asked.length, 1);
  assert.equal((await ask('cached.test', 'alice', '/c', '--request', 'DELETE')).asked.length, 1);
  assert.equal((await ask('cached.test', 'alice', '/c', '--header', 'Authorization: Bearer x')).asked.length, 1);
  assert.equal((await ask('cached.test', 'alice', '/c', '--interface', '127.0.0.5')).asked.length, 1);
  const other = await ask('cached.test', null, '/c');
  assert.deepEqual([other.status, other.asked.length], [302, 1]);
  for (const session of ['forbidden', 'fresh']) {
    assert.equal((await ask('cached.test', session, '/c')).asked.length, 1);
    assert.equal((await ask('cached.test', session, '/c')).asked.length, 1, session);
  }
});

test('the user it names may be what rates are counted by', async () => {
  assert.equal((await ask('limited.test', 'alice')).status, 200);
  assert.equal((await ask('limited.test', 'alice', '/', '--interface', '127.0.0.6')).status, 429);
  assert.equal((await ask('limited.test', 'fresh')).status, 200);
});

test('behind a trusted proxy the service is told of the client and the address it used', async () => {
  const flags = ['X-Forwarded-For: 203.0.113.9', 'X-Forwarded-Host: shop.example', 'X-Forwarded-Proto: https'].flatMap(
    (field) => ['-H', field],
  );
  const { asked } = await ask('app.test', 'alice', '/z', '--interface', '127.0.0.9', ...flags);
  assert.match(asked[0]!.head, /\r\nX-Forwarded-For: 203\.0\.113\.9\r\n/);
  assert.match(asked[0]!.head, /\r\nX-Original-URL: https:\/\/shop\.example\/z\r\n/);
});

test('a WebSocket waits for the service’s consent', async () => {
  const key = ['-H', 'Sec-WebSocket-Version: 13', '-H', 'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA=='];
  const upgrade = ['--http1.1', '-H', 'Connection: Upgrade', '-H', 'Upgrade: websocket', ...key];
  const refused = await ask('app.test', 'forbidden', '/ws', ...upgrade);
  assert.deepEqual([refused.status, refused.reached.length], [403, 0]);
  const { asked, reached } = await ask('app.test', 'alice', '/ws', ...upgrade);
  assert.doesNotMatch(asked[0]!.head, /upgrade/i);
  assert.match(reached[0]!.head, /\r\nupgrade: websocket\r\n/i);
  assert.match(reached[0]!.head, /\r\nRemote-User: alice\r\n/);
});

test('check tells of a service that cannot be reached', async () => {
  const { stdout, stderr } = await runSallyport(['check', '-c', gate.configFile]);
  assert.match(stdout + stderr, new RegExp(`down\\.test: the app at 127\\.0\\.0\\.1:${nobody} does not answer`));
});

test('nginx can be the service, and a 401 can lead to signing in', needs('nginx'), async (t) => {
  const nginx = await startNginxUpstream(
    t,
    `location = /auth {
      add_header X-Auth-Request-User $cookie_who always;
      if ($cookie_who = "carol") { return 202; }
      return 401 "who are you?";
    }`,
  );
  const own = await startSallyport(
    t,
    `
listen: { http: "127.0.0.1:0", https: "127.0.0.1:0" }
logs: { access: off }
workers: 1
sites:
  app.test: { to: ${app.port}, forwardAuth: { url: "http://127.0.0.1:${nginx.port}/auth", signIn: "/oauth2/start?rd={url}" } }
`,
  );
  const cacert = join(own.directory, 'state/authority/root.pem');
  const at = ['--connect-to', `app.test:${own.https}:127.0.0.1:${own.https}`, '--cacert', cacert];
  const url = `https://app.test:${own.https}/a?b=c&d`;
  for (const version of ['--http1.1', '--http2']) {
    const seen = app.requests.length;
    assert.equal((await runCurl([...at, version, '--cookie', 'who=carol', url])).stdout, 'ok');
    assert.match(app.requests[seen]!.head, /\r\nX-Auth-Request-User: carol\r\n/);
    const browser = await runCurl([...at, version, '-i', '-H', 'Accept: text/html,*/*', url]);
    assert.match(browser.stdout, /^HTTP\/\S+ 302/);
    assert.ok(browser.stdout.includes(`/oauth2/start?rd=${encodeURIComponent(url)}`), browser.stdout);
    const program = await runCurl([...at, version, '-i', '-H', 'Accept: application/json', url]);
    assert.match(program.stdout, /^HTTP\/\S+ 401[\s\S]*who are you\?$/);
    assert.equal(app.requests.length, seen + 1);
  }
});
