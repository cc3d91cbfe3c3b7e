import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { combinedLine, jsonLine } from './access-lines.ts';
import { AccessRecord } from './access-record.ts';

function recordOf(fields: Partial<AccessRecord> = {}): AccessRecord {
  return Object.assign(new AccessRecord(), {
    time: Date.UTC(2026, 10, 22, 1, 2, 3, 45),
    remoteAddress: '192.0.2.7',
    method: 'GET',
    target: '/a?b=c',
    status: 200,
    responseBytes: 102,
    ...fields,
  });
}

test('combined is what Apache and nginx write', () => {
  const line = combinedLine(recordOf({ user: 'ann', referer: 'https://example.org/', userAgent: 'curl/7.88.1' }));
  assert.match(
    line,
    /^192\.0\.2\.7 - ann \[2[12]\/Nov\/2026:\d\d:\d\d:03 [+-]\d{4}\] "GET \/a\?b=c HTTP\/1\.1" 200 102 "https:\/\/example\.org\/" "curl\/7\.88\.1"\n$/,
  );
});

test('combined prints a dash for what is unknown', () => {
  assert.match(
    combinedLine(recordOf({ method: '', target: '' })),
    /^192\.0\.2\.7 - - \[[^\]]+\] "-" 200 102 "-" "-"\n$/,
  );
});

test('quotes, backslashes, control and non-ASCII octets are escaped as nginx does', () => {
  const line = combinedLine(recordOf({ userAgent: 'a"b\\c\n\x7f\xe9\u20ac' }));
  assert.ok(line.endsWith('"a\\x22b\\x5Cc\\x0A\\x7F\\xE9\\xE2\\x82\\xAC"\n'), line);
});

test('whatever a client sends, a combined line stays one line with its quotes where they belong', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (target, userAgent) => {
      const line = combinedLine(recordOf({ target, userAgent }));
      assert.match(line, /^[\x20-\x7e]+\n$/);
      assert.equal(line.split('"').length, 7);
    }),
  );
});

test('json has every member, null for what is unknown, and reads back what was sent', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (userAgent) => {
      const line = jsonLine(recordOf({ userAgent, durationMs: 1.2345, site: 'example.org' }));
      assert.match(line, /^[\x20-\x7e]+\n$/);
      assert.deepEqual(JSON.parse(line), {
        time: '2026-11-22T01:02:03.045Z',
        requestId: null,
        remoteAddress: '192.0.2.7',
        user: null,
        method: 'GET',
        target: '/a?b=c',
        protocol: 'http/1.1',
        httpVersion: '1.1',
        host: null,
        status: 200,
        requestBytes: 0,
        responseBytes: 102,
        durationMs: 1.235,
        upstreamMs: null,
        site: 'example.org',
        upstream: null,
        tlsVersion: null,
        referer: null,
        userAgent: userAgent === '' ? null : userAgent,
      });
    }),
  );
});

test('a record that is reset keeps the connection and forgets the exchange', () => {
  const record = recordOf({ userAgent: 'x', tlsVersion: 'TLSv1.3', upstreamMs: 3 });
  record.reset();
  const fresh = Object.assign(new AccessRecord(), { remoteAddress: '192.0.2.7', tlsVersion: 'TLSv1.3' });
  assert.deepEqual(record, fresh);
});
