import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { mutation, runs } from './corpus/arbitraries.ts';
import { responseCases, responseFieldLimit } from './corpus/responses.ts';
import { ResponseHead, readResponseHead } from './response-head.ts';

const place = Buffer.alloc(4096);

/** Reads a message where every message is read, and says all that the reader says. */
function read(message: string, toHead: boolean, head: ResponseHead, start = 0): unknown {
  const length = place.write(message, start, 'latin1');
  const result = readResponseHead(place, start, start + length, toHead, head);
  if (result <= 0) return result;
  const { fields, last: _, ...meaning } = head;
  const lines = Array.from({ length: fields.count }, (__, i) => [
    ...[fields.ids[i], fields.name(i), fields.value(i), fields.lineStart(i), fields.lineEnd(i)],
  ]);
  return [result, meaning, fields.end, lines];
}

function alone(message: string, toHead: boolean, start = 0): unknown {
  return read(message, toHead, new ResponseHead(responseFieldLimit), start);
}

test('a head means the same whatever head was read before it', () => {
  const head = new ResponseHead(responseFieldLimit);
  const messages = responseCases.filter(({ bytes }) => bytes.length < 2048);
  for (const first of messages) {
    for (const second of messages) {
      read(first.bytes, first.toHead ?? false, head);
      const toHead = second.toHead ?? false;
      assert.deepEqual(read(second.bytes, toHead, head), alone(second.bytes, toHead), `${first.name}, ${second.name}`);
    }
  }
});

const appHead =
  'HTTP/1.1 200 OK\r\nServer: nginx/1.22.1\r\nDate: Thu, 26 Nov 2026 08:11:13 GMT\r\nContent-Type: text/html\r\n' +
  'Content-Length: 102\r\nConnection: keep-alive, x-hop\r\nX-Hop: 1\r\nETag: "6926b6a3-66"\r\n\r\n';

test('heads that begin alike, and differ anywhere, are read as if each stood alone', () => {
  const head = new ResponseHead(responseFieldLimit);
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.option(mutation, { nil: null }), fc.boolean(), fc.constantFrom(0, 0, 0, 8, 90)), {
        minLength: 1,
        maxLength: 6,
      }),
      (messages) => {
        for (const [mutate, toHead, start] of messages) {
          const message = `${mutate === null ? appHead : mutate(appHead)}body`.slice(0, 4000);
          assert.deepEqual(read(message, toHead, head, start), alone(message, toHead, start));
        }
      },
    ),
    { numRuns: runs },
  );
});

test('a table that was filled from elsewhere meanwhile is not believed', () => {
  const head = new ResponseHead(responseFieldLimit);
  read(appHead, false, head);
  const other = Buffer.from('HTTP/1.1 204 No Content\r\nX-Other: 1\r\n\r\n');
  const elsewhere = new ResponseHead(responseFieldLimit);
  readResponseHead(other, 0, other.length, false, elsewhere);
  Object.assign(head.fields, { bytes: other, count: 1, end: elsewhere.fields.end });
  head.fields.offsets.set(elsewhere.fields.offsets);
  assert.deepEqual(read(appHead, false, head), alone(appHead, false));
});
