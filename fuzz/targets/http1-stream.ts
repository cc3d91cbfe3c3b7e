import assert from 'node:assert/strict';
import { ChunkedDecoder } from '../../src/wire/http1/chunked-decoder.ts';
import { outcomeOf } from '../../src/wire/http1/corpus/case.ts';
import { chunkedCases } from '../../src/wire/http1/corpus/chunked-bodies.ts';
import { naiveChunks, naiveHead } from '../../src/wire/http1/corpus/naive-reader.ts';
import { requestCases } from '../../src/wire/http1/corpus/requests.ts';
import { RequestHead, readRequestHead } from '../../src/wire/http1/request-head.ts';
import type { FuzzTarget } from '../target.ts';

const head = new RequestHead(32);
const decoder = new ChunkedDecoder(16, 1024);
const mostMessages = 20;

interface Messages {
  /** Where each whole message ends. */
  readonly ends: readonly number[];
  readonly last: number;
}

/** Reads messages back to back, as a connection does, and stops at the first refusal. */
function strict(input: Buffer): Messages {
  const ends: number[] = [];
  let at = 0;
  while (at < input.length && ends.length < mostMessages) {
    const body = readRequestHead(input, at, input.length, head);
    if (body <= 0) return { ends, last: body };
    if (head.chunked) {
      decoder.reset();
      const copy = Buffer.from(input);
      const end = decoder.decode(copy, body, copy.length);
      if (end <= 0) return { ends, last: end };
      at = end;
    } else {
      at = body + Math.max(0, head.contentLength);
      if (at > input.length) return { ends, last: 0 };
    }
    ends.push(at);
  }
  return { ends, last: 0 };
}

/** Where a careless server sees the same messages end. */
function careless(text: string, messages: number): number[] {
  const ends: number[] = [];
  let at = 0;
  while (ends.length < messages) {
    const read = naiveHead(text.slice(at));
    if (read === null) break;
    const body = at + read.end;
    if (read.framing === 'chunked') {
      const chunks = naiveChunks(text.slice(body));
      if (chunks === null) break;
      at = body + chunks.end;
    } else {
      at = body + (read.framing.startsWith('length') ? Number(read.framing.slice(7)) : 0);
    }
    ends.push(at);
  }
  return ends;
}

const chunkedPost = 'POST / HTTP/1.1\r\nHost: a.example\r\nTransfer-Encoding: chunked\r\n\r\n';

export const target: FuzzTarget = {
  reads: 'requests back to back on one connection (RFC 9112 §9.3.2): where each ends',
  seeds: [
    ...requestCases.map(({ bytes }) => bytes).filter((bytes) => bytes.length < 300),
    ...chunkedCases.map(({ bytes }) => chunkedPost + bytes).filter((bytes) => bytes.length < 400),
    `${chunkedPost}5\r\nabcde\r\n0\r\n\r\nGET / HTTP/1.1\r\nHost: a.example\r\n\r\n`,
    'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 40\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n',
  ],
  dictionary: [
    ...[
      'GET / HTTP/1.1\r\nHost: a\r\n\r\n',
      'POST / HTTP/1.1\r\nHost: a\r\n',
      chunkedPost,
      'Content-Length: 5\r\n',
      '\r\n',
    ],
    ...['Transfer-Encoding: chunked\r\n', '0\r\n\r\n', '5\r\nabcde\r\n', '0', '5', '\n', '\r', ' ', 'X: y\r\n', ';'],
  ],
  mostBytes: 1500,
  check(input) {
    const { ends, last } = strict(input);
    assert.deepEqual(careless(input.toString('latin1'), ends.length), ends);
    return `${Math.min(3, ends.length)} ${outcomeOf(last)}`;
  },
};
