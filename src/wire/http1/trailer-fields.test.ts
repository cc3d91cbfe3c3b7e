import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readFieldLines } from './field-lines.ts';
import { FieldTable } from './field-table.ts';
import { isForbiddenTrailer } from './trailer-fields.ts';

function isForbidden(name: string): boolean {
  const table = new FieldTable(1);
  const bytes = Buffer.from(`${name}: x\r\n\r\n`);
  readFieldLines(bytes, 0, bytes.length, table);
  return isForbiddenTrailer(table, 0);
}

test('trailers that would frame, route, authorize or forge are not passed on', () => {
  const names = [
    'Content-Length',
    'TRANSFER-ENCODING',
    'Host',
    'Connection',
    'Trailer',
    'TE',
    'Upgrade',
    'Authorization',
  ];
  for (const name of [...names, 'Cookie', 'Set-Cookie', 'X-Forwarded-For', 'x-forwarded-port', 'Content_Length']) {
    assert.equal(isForbidden(name), true, name);
  }
});

test('trailers that report on the body are passed on', () => {
  for (const name of ['grpc-status', 'Grpc-Message', 'Server-Timing', 'ETag', 'Content-Digest', 'X-Checksum', 'Date']) {
    assert.equal(isForbidden(name), false, name);
  }
});
