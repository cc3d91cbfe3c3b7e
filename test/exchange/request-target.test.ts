import assert from 'node:assert/strict';
import { test } from 'node:test';
import { rawExchange } from '../support/raw-exchange.ts';
import { recordingBackend } from '../support/recording-backend.ts';
import { startSallyport } from '../support/sallyport.ts';
import { sharedScope } from '../support/scope.ts';
import { anyPorts } from './support.ts';

const scope = sharedScope();
const backend = await recordingBackend(scope);
const sallyport = await startSallyport(
  scope,
  `${anyPorts}sites:
  plain.test: { tls: off, to: ${backend.port} }
  routed.test:
    tls: off
    routes:
      /api: { to: ${backend.port}, stripPrefix: true }
      /sync: ${backend.port}
      /old: { redirect: "https://elsewhere.test/" }
`,
);

/** What the app is asked for, or the status it was refused with. */
async function asked(line: string, host = 'plain.test'): Promise<string | number> {
  const seen = backend.requests.length;
  const { text } = await rawExchange(sallyport.http, `${line} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
  if (backend.requests.length === seen) return Number(text.slice(9, 12));
  return backend.requests[seen]?.head.split(' HTTP/1.1\r\n')[0] ?? '';
}

const table: readonly (readonly [line: string, host: string, expected: string | number])[] = [
  ['GET /a?b=c', 'plain.test', 'GET /a?b=c'],
  ['GET /%41%2f//x;y', 'plain.test', 'GET /%41%2f//x;y'],
  ['GET /\xc3\xa9', 'plain.test', 'GET /\xc3\xa9'],
  ['GET //evil.test/', 'plain.test', 'GET //evil.test/'],
  ['GET /../x', 'plain.test', 'GET /../x'],
  ['GET http://plain.test/a?b', 'plain.test', 'GET /a?b'],
  ['GET HTTP://PLAIN.test/a', 'plain.test', 'GET /a'],
  ['GET http://plain.test', 'plain.test', 'GET /'],
  ['GET http://plain.test?q', 'plain.test', 'GET /?q'],
  ['GET http://plain.test:80/', 'plain.test:80', 'GET /'],
  ['OPTIONS *', 'plain.test', 'OPTIONS *'],
  ['OPTIONS http://plain.test', 'plain.test', 'OPTIONS *'],
  ['OPTIONS http://plain.test/', 'plain.test', 'OPTIONS /'],
  ['OPTIONS *', 'routed.test', 404],
  ['BREW /pot', 'plain.test', 'BREW /pot'],
  ['TRACE /', 'plain.test', 405],
  ['CONNECT plain.test:80', 'plain.test', 405],
  ['CONNECT plain.test:80', 'other.test', 405],
  ['GET /api', 'routed.test', 'GET /'],
  ['GET /api?x', 'routed.test', 'GET /?x'],
  ['GET /api/', 'routed.test', 'GET /'],
  ['GET /api/v1/x?y', 'routed.test', 'GET /v1/x?y'],
  ['GET /api//evil.test', 'routed.test', 'GET /evil.test'],
  ['GET http://routed.test/api/v1', 'routed.test', 'GET /v1'],
  ['GET /sync', 'routed.test', 'GET /sync'],
  ['GET /sync/', 'routed.test', 'GET /sync/'],
  ['GET /sync/..x/.y', 'routed.test', 'GET /sync/..x/.y'],
  ['GET /syncfoo', 'routed.test', 404],
  ['GET /SYNC', 'routed.test', 404],
  ['GET //sync', 'routed.test', 404],
  ['GET /', 'routed.test', 404],
  ['GET /old', 'routed.test', 302],
  ['GET /sync/../admin', 'routed.test', 400],
  ['GET /sync/./admin', 'routed.test', 400],
  ['GET /sync/%2e%2E/admin', 'routed.test', 400],
  ['GET /sync/.%2e/admin', 'routed.test', 400],
  ['GET /sync%2f../admin', 'routed.test', 400],
  ['GET /sync/..%5cadmin', 'routed.test', 400],
  ['GET /sync/..\\admin', 'routed.test', 400],
  ['GET /sync/..;/admin', 'routed.test', 400],
  ['GET /sync/..', 'routed.test', 400],
  ['GET /sync?/../x', 'routed.test', 'GET /sync?/../x'],
];

for (const [line, host, expected] of table) {
  test(`${line} at ${host}: ${expected}`, async () => assert.equal(await asked(line, host), expected));
}
