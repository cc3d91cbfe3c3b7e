import assert from 'node:assert/strict';
import { composeResponseFields } from '../../src/traffic/filter/response-fields.ts';
import { checkResponse, most } from '../../src/wire/http1/corpus/agreement.ts';
import { outcomeOf } from '../../src/wire/http1/corpus/case.ts';
import { naiveHead } from '../../src/wire/http1/corpus/naive-reader.ts';
import { responseCases } from '../../src/wire/http1/corpus/responses.ts';
import { HeadWriter } from '../../src/wire/http1/head-writer.ts';
import { needMore } from '../../src/wire/http1/outcome.ts';
import { ResponseHead, readResponseHead } from '../../src/wire/http1/response-head.ts';
import type { FuzzTarget } from '../target.ts';

const head = new ResponseHead(most);
const again = new ResponseHead(most + 16);
/** For heads that have not all come. */
const cut = new ResponseHead(most);
const writer = new HeadWriter(8192);
const target0 = { kind: 'tcp', name: 'app', host: '127.0.0.1', port: 8080, http2: false, tls: null } as const;
const source = {
  origins: () => ({
    publicOrigin: 'https://a.example',
    publicHost: 'a.example',
    target: target0,
    prefix: '/in',
  }),
};

function checkPrefix(bytes: Buffer, length: number, whole: number): void {
  const result = readResponseHead(bytes, 0, length, false, cut);
  if (result !== needMore) assert.equal(result, whole, `cut at ${length}`);
}

/** Response splitting: what goes to the client is one head, with no word of the app about framing but one length. */
function checkForwarded(): void {
  writer.reset();
  composeResponseFields(writer, head, null, source);
  const text = `HTTP/1.1 ${head.status} x\r\n${writer.composed().toString('latin1')}\r\n`;
  const bytes = Buffer.from(text, 'latin1');
  const naive = naiveHead(text);
  assert.equal(naive?.end, bytes.length, text);
  assert.equal(readResponseHead(bytes, 0, bytes.length, false, again), bytes.length, text);
  assert.ok(naive.framing === 'none' || naive.framing === `length ${head.contentLength}`, text);
  assert.ok(!naive.fields.some((field) => /^(?:connection|transfer[-_]encoding|keep-alive)=/i.test(field)), text);
}

export const target: FuzzTarget = {
  reads: 'response heads of apps (RFC 9112 §4, §6.3), and the fields that the client gets',
  seeds: responseCases.map(({ bytes }) => bytes).filter((bytes) => bytes.length < 2000),
  dictionary: [
    ...['HTTP/1.1 200 OK\r\n', 'HTTP/1.0 200 OK\r\n', 'HTTP/1.1 204 \r\n', 'HTTP/1.1 304 \r\n', 'HTTP/1.1 101 \r\n'],
    ...['\r\n', '\n', '\r', '\r\n\r\n', '\r\n ', ': ', '\0', ',', 'Content-Length: ', '0', '5', 'chunked', 'close'],
    ...['Transfer-Encoding: ', 'Connection: ', 'Keep-Alive: timeout=5\r\n', 'Upgrade: websocket\r\n', 'keep-alive'],
    ...[
      'Location: http://127.0.0.1:8080/x\r\n',
      'Location: /x\r\n',
      'Set-Cookie: a=b; Path=/x\r\n',
      'Refresh: 5; url=/x\r\n',
    ],
  ],
  check(input) {
    const result = checkResponse(input.toString('latin1'), false);
    for (const share of [0.4, 0.8]) checkPrefix(input, Math.floor(input.length * share), result);
    if (result <= 0) return String(outcomeOf(result));
    assert.equal(readResponseHead(input, 0, input.length, false, head), result);
    checkForwarded();
    return `read: ${head.framing}${head.keepAlive ? '' : ' close'}`;
  },
};
