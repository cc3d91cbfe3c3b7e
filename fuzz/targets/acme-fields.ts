import assert from 'node:assert/strict';
import { linkTargets } from '../../src/control/certificates/acme/link.ts';
import { retryAt } from '../../src/control/certificates/acme/retry-after.ts';
import { decodeHeader, skipName } from '../../src/control/certificates/challenge/dns/message.ts';
import type { FuzzTarget } from '../target.ts';

const now = Date.UTC(2026, 0, 1);
const year = 366 * 86_400_000;

export const target: FuzzTarget = {
  reads: 'what CAs and DNS servers answer: Link (RFC 8288), Retry-After (RFC 9110 §10.2.3), DNS messages (RFC 1035 §4)',
  seeds: [
    ...[
      '<https://ca.example/dir>;rel="index", <up>; rel=up',
      '120',
      'Wed, 21 Oct 2026 07:28:00 GMT',
      '<a>;x="y;rel=up"',
    ],
    ...['\0\x01\x84\0\0\x01\0\0\0\0\0\0\x01a\x07example\0\0\x10\0\x01', '\xc0\x0c', '\x3f'],
  ],
  dictionary: [
    '<',
    '>',
    ';rel="up"',
    ';',
    ',',
    '"',
    'rel=',
    '0',
    '9999999999',
    'GMT',
    '\xc0\x0c',
    '\0',
    '\x3f',
    '\x07example',
  ],
  mostBytes: 500,
  check(input) {
    const text = input.toString('latin1');
    const links = linkTargets(text, 'up', 'https://ca.example/');
    for (const link of links) assert.ok(URL.canParse(link));
    const at = retryAt(text, now);
    if (at !== undefined) assert.ok(at >= now && at <= now + year);
    decodeHeader(input);
    const end = skipName(input, 0);
    assert.ok(Number.isInteger(end));
    return `${links.length > 0 ? 'links' : ''} ${at === undefined ? '' : 'time'} ${end < 0 ? 'no name' : 'name'}`;
  },
};
