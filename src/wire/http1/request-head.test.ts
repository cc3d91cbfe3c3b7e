import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { outcomeOf } from './corpus/case.ts';
import type { RequestMeaning } from './corpus/request-case.ts';
import { requestCases, requestFieldLimit } from './corpus/requests.ts';
import { failure, needMore } from './outcome.ts';
import { RequestHead, readRequestHead } from './request-head.ts';

/** Everything the reader says about a good request, in the words of the corpus. */
function meaningOf(head: RequestHead): Required<RequestMeaning> {
  const { fields } = head;
  return {
    method: head.method,
    target: head.target,
    path: head.path,
    host: head.host,
    hostName: fields.bytes.toString('latin1', head.hostStart, head.hostNameEnd),
    body: head.chunked ? 'chunked' : head.contentLength < 0 ? 'none' : head.contentLength,
    keepAlive: head.keepAlive,
    upgrade: head.upgrade,
    expectContinue: head.expectContinue,
    minorVersion: head.minorVersion,
    namesFields: head.connectionNamesFields,
    fields: Array.from({ length: fields.count }, (_, i) => `${fields.name(i)}=${fields.value(i)}`),
  };
}

/** A head that holds the traces of an earlier request. */
function usedHead(): RequestHead {
  const head = new RequestHead(requestFieldLimit);
  const earlier = Buffer.from(
    'POST http://b/?x HTTP/1.0\r\nHost: b\r\nContent-Length: 9\r\nExpect: 100-continue\r\nConnection: x\r\n\r\n',
  );
  readRequestHead(earlier, 0, earlier.length, head);
  return head;
}

describe('request heads', () => {
  for (const { name, section, bytes, wanted } of requestCases) {
    test(`${section}: ${name}`, () => {
      const message = Buffer.from(bytes, 'latin1');
      const head = usedHead();
      const result = readRequestHead(message, 0, message.length, head);
      if (typeof wanted === 'string') {
        assert.equal(outcomeOf(result), wanted);
      } else {
        assert.ok(result > 0, `refused: ${outcomeOf(result)}`);
        assert.equal(result, bytes.indexOf('\r\n\r\n', 2) + 4);
        const meaning = meaningOf(head);
        for (const [key, value] of Object.entries({ body: 'none', ...wanted })) {
          assert.deepEqual(meaning[key as keyof RequestMeaning], value, key);
        }
        assert.equal(head.hasBody, meaning.body === 'chunked' || (meaning.body !== 'none' && meaning.body > 0));
      }
    });
  }

  test('no prefix of a message has another outcome than the message', () => {
    for (const { name, bytes } of requestCases) {
      const message = Buffer.from(bytes, 'latin1');
      const result = readRequestHead(message, 0, message.length, usedHead());
      const complete = result > 0 ? result : message.length;
      let failed = false;
      for (let end = 0; end <= message.length; end++) {
        const early = readRequestHead(message, 0, end, usedHead());
        if (end < complete && !failed && early === needMore) continue;
        assert.equal(outcomeOf(early), outcomeOf(result), `${name}: the first ${end} bytes`);
        failed = early < 0;
      }
    }
  });

  test('a message means the same wherever it stands in its buffer', () => {
    for (const { name, bytes } of requestCases) {
      const around = Buffer.from(`\r\nX: y\r\n${bytes}GET /behind HTTP/1.1\r\n`, 'latin1');
      const alone = Buffer.from(bytes, 'latin1');
      const first = usedHead();
      const second = usedHead();
      const result = readRequestHead(alone, 0, alone.length, first);
      const shifted = readRequestHead(around, 8, 8 + alone.length, second);
      assert.equal(shifted > 0 ? shifted - 8 : shifted, result, name);
      if (result > 0) assert.deepEqual(meaningOf(second), meaningOf(first), name);
    }
  });

  test('a failure is seen at the octet that proves it', () => {
    const hopeless = [
      ['\0', failure.badMethod],
      ['GE(', failure.badMethod],
      ['GET /a\x01', failure.badTarget],
      ['GET / I', failure.badVersion],
      ['GET / HTTP/1.1\n', failure.bareLineFeed],
      ['GET / HTTP/1.1\r\nA:b\n', failure.bareLineFeed],
      ['GET / HTTP/1.1\r\n ', failure.obsoleteFold],
      ['GET / HTTP/1.1\r\nA ', failure.badFieldName],
      ['GET / HTTP/1.1\r\nA: \0', failure.badFieldValue],
    ] as const;
    for (const [text, code] of hopeless) {
      const bytes = Buffer.from(text, 'latin1');
      assert.equal(outcomeOf(readRequestHead(bytes, 0, bytes.length, usedHead())), outcomeOf(code), text);
      assert.equal(readRequestHead(bytes, 0, bytes.length - 1, usedHead()), needMore, text);
    }
  });

  test('no control octet is accepted anywhere in a head', () => {
    const base = 'GET /abc HTTP/1.1\r\nHost: a.example\r\nAb: cd ef\r\n\r\n';
    const head = usedHead();
    for (let octet = 0; octet < 256; octet++) {
      if (octet >= 0x20 && octet !== 0x7f) continue;
      for (let at = 0; at <= base.length; at++) {
        const bytes = Buffer.from(base.slice(0, at) + String.fromCharCode(octet) + base.slice(at), 'latin1');
        const result = readRequestHead(bytes, 0, bytes.length, head);
        // A tab is white space in and around values; whatever follows the blank line belongs to no head.
        const behind = at === base.length || (octet === 10 && at === base.length - 1);
        const innocent = behind || (octet === 9 && /: ?[a-f. xmpl]*$/.test(base.slice(0, at)));
        if (innocent && octet === 9 && result < 0) assert.equal(outcomeOf(result), 'badHost');
        else assert.equal(result > 0, innocent, `octet ${octet} at ${at}: ${outcomeOf(result)}`);
      }
    }
  });
});
