import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { outcomeOf } from './corpus/case.ts';
import { type ResponseMeaning, responseCases, responseFieldLimit } from './corpus/responses.ts';
import { needMore } from './outcome.ts';
import { ResponseHead, readResponseHead } from './response-head.ts';

/** Everything the reader says about a good response, in the words of the corpus. */
function meaningOf(head: ResponseHead): Required<ResponseMeaning> {
  const { fields } = head;
  return {
    framing: head.framing,
    status: head.status,
    reason: fields.bytes.toString('latin1', head.statusStart, head.reasonEnd).slice('200 '.length),
    contentLength: head.contentLength,
    keepAlive: head.keepAlive,
    minorVersion: head.minorVersion,
    namesFields: head.connectionNamesFields,
    keepAliveTimeout: head.keepAliveTimeout,
    fields: Array.from({ length: fields.count }, (_, i) => `${fields.name(i)}=${fields.value(i)}`),
  };
}

/** A head that holds the traces of an earlier response. */
function usedHead(): ResponseHead {
  const head = new ResponseHead(responseFieldLimit);
  const earlier = Buffer.from(
    'HTTP/1.0 500 Oh\r\nContent-Length: 9\r\nKeep-Alive: timeout=9\r\nConnection: keep-alive, x\r\n\r\n',
  );
  readResponseHead(earlier, 0, earlier.length, false, head);
  return head;
}

describe('response heads', () => {
  for (const { name, section, bytes, wanted, toHead = false } of responseCases) {
    test(`${section}: ${name}`, () => {
      const message = Buffer.from(bytes, 'latin1');
      const head = usedHead();
      const result = readResponseHead(message, 0, message.length, toHead, head);
      if (typeof wanted === 'string') {
        assert.equal(outcomeOf(result), wanted);
      } else {
        assert.equal(outcomeOf(result), bytes.indexOf('\r\n\r\n') + 4);
        const meaning = meaningOf(head);
        for (const [key, value] of Object.entries({ framing: 'close', ...wanted })) {
          assert.deepEqual(meaning[key as keyof ResponseMeaning], value, key);
        }
      }
    });
  }

  test('no prefix of a message has another outcome than the message', () => {
    for (const { name, bytes, toHead = false } of responseCases) {
      const message = Buffer.from(bytes, 'latin1');
      const result = readResponseHead(message, 0, message.length, toHead, usedHead());
      const complete = result > 0 ? result : message.length;
      let failed = false;
      for (let end = 0; end <= message.length; end++) {
        const early = readResponseHead(message, 0, end, toHead, usedHead());
        if (end < complete && !failed && early === needMore) continue;
        assert.equal(outcomeOf(early), outcomeOf(result), `${name}: the first ${end} bytes`);
        failed = early < 0;
      }
    }
  });

  test('a message means the same wherever it stands in its buffer', () => {
    for (const { name, bytes, toHead = false } of responseCases) {
      const around = Buffer.from(`HTTP/1.1${bytes}\r\n\r\n`, 'latin1');
      const alone = Buffer.from(bytes, 'latin1');
      const first = usedHead();
      const second = usedHead();
      const result = readResponseHead(alone, 0, alone.length, toHead, first);
      const shifted = readResponseHead(around, 8, 8 + alone.length, toHead, second);
      assert.equal(shifted > 0 ? shifted - 8 : shifted, result, name);
      if (result > 0) assert.deepEqual(meaningOf(second), meaningOf(first), name);
    }
  });

  test('no control octet is accepted anywhere in a head', () => {
    const base = 'HTTP/1.1 200 OK\r\nAb: cd ef\r\n\r\n';
    const head = usedHead();
    for (let octet = 0; octet < 256; octet++) {
      if (octet >= 0x20 && octet !== 0x7f) continue;
      for (let at = 0; at <= base.length; at++) {
        const bytes = Buffer.from(base.slice(0, at) + String.fromCharCode(octet) + base.slice(at), 'latin1');
        const result = readResponseHead(bytes, 0, bytes.length, false, head);
        const behind = at === base.length || (octet === 10 && at === base.length - 1);
        const innocent = behind || (octet === 9 && /(: ?[a-f ]*| 200 O?K?)$/.test(base.slice(0, at)));
        assert.equal(result > 0, innocent, `octet ${octet} at ${at}: ${outcomeOf(result)}`);
      }
    }
  });
});
