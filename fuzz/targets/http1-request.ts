import assert from 'node:assert/strict';
import fc from 'fast-check';
import { forwardingOf } from '../../src/traffic/filter/forwarding.ts';
import { composeRequestHead } from '../../src/traffic/filter/request-fields.ts';
import { checkRequest, most } from '../../src/wire/http1/corpus/agreement.ts';
import { framing, method, plainFields, target as targets } from '../../src/wire/http1/corpus/arbitraries.ts';
import { outcomeOf } from '../../src/wire/http1/corpus/case.ts';
import { naiveHead } from '../../src/wire/http1/corpus/naive-reader.ts';
import { requestCases } from '../../src/wire/http1/corpus/requests.ts';
import { HeadWriter } from '../../src/wire/http1/head-writer.ts';
import { needMore } from '../../src/wire/http1/outcome.ts';
import { RequestHead, readRequestHead } from '../../src/wire/http1/request-head.ts';
import type { FuzzTarget } from '../target.ts';

const head = new RequestHead(most);
/** Room for what the gate adds. */
const again = new RequestHead(most + 16);
/** For heads that have not all come. */
const cut = new RequestHead(most);
const writer = new HeadWriter(8192);
const peer = { address: '192.0.2.1', secure: true, trusted: false };

/** A head that has not all come may only wait, or fail as the whole does: what was cut where decides nothing. */
function checkPrefix(bytes: Buffer, length: number, whole: number): void {
  const result = readRequestHead(bytes, 0, length, cut);
  if (result !== needMore) assert.equal(result, whole, `cut at ${length}`);
}

/** What the app gets is one request, the same one, with the gate's own word about the client. */
function checkForwarded(): void {
  const { lines } = forwardingOf(peer, head.host, head, null);
  composeRequestHead(writer, head, { strippedPrefix: '', changes: null }, lines, null);
  const text = writer.composed().toString('latin1');
  const bytes = Buffer.from(text, 'latin1');
  assert.equal(readRequestHead(bytes, 0, bytes.length, again), bytes.length, text);
  assert.equal(again.method, head.method);
  if (head.method !== 'OPTIONS') assert.equal(again.target, head.target);
  assert.equal(again.host, head.host);
  assert.deepEqual([again.chunked, again.contentLength], [head.chunked, head.contentLength]);
  const naive = naiveHead(text);
  assert.equal(naive?.end, bytes.length);
  assert.notEqual(naive.framing, 'both');
  const told = naive.fields.filter((field) => /^(?:x[-_]forwarded[-_]|x[-_]real[-_]ip|forwarded=|proxy=)/i.test(field));
  assert.deepEqual(
    told.map((field) => field.split('=', 1)[0]),
    ['X-Forwarded-For', 'X-Real-IP', 'X-Forwarded-Proto', 'X-Forwarded-Host', 'Forwarded'],
  );
  assert.equal(told[0], 'X-Forwarded-For=192.0.2.1');
}

/** What the request line may be followed by, behind its fields. */
const wellFormed = fc
  .record({ method, target: targets, fields: plainFields, framing })
  .map(({ method: word, target: path, fields, framing: { line } }) => {
    const lines = fields.map(([name, value]) => `${name}: ${value}\r\n`).join('');
    return `${word} ${path} HTTP/1.1\r\nHost: a.example\r\n${lines}${line}\r\n`;
  });

export const target: FuzzTarget = {
  reads: 'request heads (RFC 9112 §§2-6), and the head that the app gets',
  seeds: requestCases.map(({ bytes }) => bytes).filter((bytes) => bytes.length < 2000),
  wellFormed,
  dictionary: [
    ...[
      'GET ',
      'POST ',
      'OPTIONS ',
      'CONNECT ',
      ' HTTP/1.1\r\n',
      ' HTTP/1.0\r\n',
      'http://a.example',
      'a.example',
      '*',
    ],
    ...['\r\n', '\n', '\r', '\r\n\r\n', '\n\n', '\r\n ', '\r\n\t', ': ', ' :', '\0', '\x0b', ',', ';', '_', '"'],
    ...['Host: ', 'Content-Length: ', 'Transfer-Encoding: ', 'chunked', 'identity', 'gzip, chunked', 'Connection: '],
    ...['close', 'keep-alive', 'upgrade', 'Upgrade: websocket\r\n', 'TE: trailers\r\n', 'Expect: 100-continue\r\n'],
    ...[
      'X-Forwarded-For: 1.2.3.4\r\n',
      'X_Forwarded_For: 1.2.3.4\r\n',
      'Forwarded: for=1\r\n',
      'Proxy: x\r\n',
      '0',
      '5',
      '+5',
    ],
    ...[
      'Content_Length: 5\r\n',
      'Connection: host\r\n',
      'Connection: content-length, x\r\n',
      'Via: 1.1 x\r\n',
      'Max-Forwards: 3\r\n',
    ],
  ],
  check(input) {
    const result = checkRequest(input.toString('latin1'));
    for (const share of [0.3, 0.6, 0.9]) checkPrefix(input, Math.floor(input.length * share), result);
    if (input.length < 100 && input.length % 8 === 0)
      for (let at = 0; at < input.length; at++) checkPrefix(input, at, result);
    if (result <= 0) return String(outcomeOf(result));
    assert.equal(readRequestHead(input, 0, input.length, head), result);
    if (head.method !== 'CONNECT' && head.method !== 'TRACE') checkForwarded();
    const body = head.chunked ? 'chunked' : head.contentLength < 0 ? 'none' : 'length';
    return `read: ${body}${head.keepAlive ? '' : ' close'}${head.upgrade ? ' upgrade' : ''} 1.${head.minorVersion}`;
  },
};
