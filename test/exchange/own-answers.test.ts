import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { freePort } from '../support/ports.ts';
import { rawExchange } from '../support/raw-exchange.ts';
import { recordingBackend } from '../support/recording-backend.ts';
import { startSallyport } from '../support/sallyport.ts';
import { sharedScope } from '../support/scope.ts';
import { bodyOf, secureExchange, statuses, whole } from './support.ts';

const scope = sharedScope();
const backend = await recordingBackend(scope);
const dead = await freePort();
const sallyport = await startSallyport(
  scope,
  `listen: { http: "127.0.0.1:0", https: "127.0.0.1:0" }
logs: { access: off, errors: errors.log }
sites:
  localhost: { aliases: [www.localhost], to: ${backend.port} }
  other.test: ${backend.port}
  dead.test: { tls: off, to: ${dead} }
  plain.test: { tls: off, routes: { /only: ${backend.port} } }
`,
);

const plain = (line: string, host: string, fields = '') =>
  rawExchange(sallyport.http, `${line} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n${fields}\r\n`);

test('another site’s Host on this connection is 421, an alias is not, and the connection stays usable', async () => {
  const get = (host: string) => `GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`;
  const { text } = await secureExchange(
    sallyport,
    'localhost',
    get('other.test') +
      get('unknown.test') +
      get('plain.test') +
      get('www.localhost') +
      get('LOCALHOST.') +
      get('localhost:99'),
    { until: whole(6) },
  );
  assert.deepEqual(statuses(text), [421, 421, 421, 200, 200, 200]);
});

test('the HTTP port redirects the sites’ own names, path and query kept', async () => {
  const https = `https://localhost:${sallyport.https}`;
  for (const [line, host, status, location] of [
    ['GET /a?b=c', 'localhost', 301, `${https}/a?b=c`],
    ['HEAD /a', 'localhost:8080', 301, `${https}/a`],
    ['POST /a', 'localhost', 308, `${https}/a`],
    ['DELETE /a', 'localhost', 308, `${https}/a`],
    ['GET //evil.test/', 'localhost', 301, `${https}//evil.test/`],
    ['GET http://localhost?q', 'localhost', 301, `${https}/?q`],
    ['OPTIONS *', 'localhost', 308, `${https}/`],
    ['GET /', 'www.localhost', 301, `https://www.localhost:${sallyport.https}/`],
  ] as const) {
    const { text } = await plain(line, host);
    assert.deepEqual(statuses(text), [status], line);
    assert.ok(text.includes(`\r\nLocation: ${location}\r\n`), `${line}: ${text}`);
  }
});

test('the HTTP port answers 404 for other names and serves sites without TLS', async () => {
  assert.deepEqual(statuses((await plain('GET /', 'unknown.test')).text), [404]);
  assert.deepEqual(statuses((await plain('GET /', '127.0.0.1')).text), [404]);
  assert.deepEqual(statuses((await plain('GET /only', 'plain.test')).text), [200]);
  assert.deepEqual(statuses((await plain('GET /', 'plain.test')).text), [404]);
});

test('an error page is HTML, or JSON for those who want it, with a request id that the log knows and nothing internal', async () => {
  const html = (await plain('GET /secret-path', 'dead.test', 'Accept: text/html, application/json\r\n')).text;
  assert.deepEqual(statuses(html), [502]);
  assert.match(html, /\r\nContent-Type: text\/html; charset=utf-8\r\n/);
  assert.match(html, /\r\nCache-Control: no-store\r\n/);
  const json = (await plain('GET /', 'dead.test', 'Accept: application/json\r\n')).text;
  assert.match(json, /\r\nContent-Type: application\/json\r\n/);
  const page = JSON.parse(bodyOf(json)) as { status: number; requestId: string };
  assert.equal(page.status, 502);
  for (const text of [html, json]) {
    assert.doesNotMatch(text, new RegExp(`127\\.0\\.0\\.1|${dead}|ECONNREFUSED|secret-path|node:|\\.ts`));
  }
  const ids = [/<code>([\w-]+)<\/code>/.exec(html)?.[1] ?? '', page.requestId];
  const log = await readFile(join(sallyport.directory, 'errors.log'), 'utf8');
  for (const id of ids) {
    const line = log.split('\n').find((entry) => entry.includes(`request=${id} `));
    assert.ok(line, `${id} in\n${log}`);
    assert.match(line, new RegExp(`error upstream 127\\.0\\.0\\.1:${dead}: .*ECONNREFUSED`));
  }
});

test('the answer to HEAD has the page’s length and no page', async () => {
  const { text } = await plain('HEAD /', 'dead.test');
  assert.deepEqual(statuses(text), [502]);
  assert.equal(bodyOf(text), '');
});

test('nothing a client sends stands in a page of ours', async () => {
  const { text } = await plain('GET /<script>x</script>', 'unknown.test', 'Accept: <script>\r\n');
  assert.doesNotMatch(text, /<script>/);
});
