import assert from 'node:assert/strict';
import { isAddress, normaliseHost, normaliseHostPattern, splitHostPort, wildcardOf } from '../../src/model/host.ts';
import { readHost } from '../../src/wire/http1/host-field.ts';
import { normaliseServerName } from '../../src/wire/tls/server-name.ts';
import type { FuzzTarget } from '../target.ts';

export const target: FuzzTarget = {
  reads: 'host names: the Host field (RFC 9112 §3.2), SNI (RFC 6066 §3), names in the configuration',
  seeds: [
    ...[
      'a.example',
      'A.EXAMPLE.',
      'a.example:443',
      '[::1]:80',
      '127.0.0.1',
      'xn--bcher-kva.example',
      'a_b',
      '*.a.example',
    ],
    ...['0x7f.1', '1.2.3', 'a..b', '-a', 'a:99999', '[::ffff:1.2.3.4]', '%61.example', 'a@b', 'a,b'],
  ],
  dictionary: [
    '.',
    ':',
    '[',
    ']',
    '[::1]',
    ':80',
    'xn--',
    '::',
    '0x',
    '%',
    '@',
    '*',
    '*.',
    '127.0.0.1',
    '\xe9',
    '-',
    '_',
  ],
  mostBytes: 300,
  check(input) {
    const text = input.toString('latin1');
    const host = normaliseHost(text);
    if (host !== null) {
      assert.equal(normaliseHost(host), host);
      assert.match(host, /^[a-z0-9._:-]+$/);
      wildcardOf(host);
    }
    const pattern = normaliseHostPattern(text);
    if (pattern !== null) assert.equal(normaliseHostPattern(pattern), pattern);
    splitHostPort(text);
    const name = normaliseServerName(input);
    if (name !== null) assert.equal(normaliseServerName(Buffer.from(name)), name);
    // Whoever may be in the Host field and is a site may also be asked for by SNI, and means the same site there.
    if (name !== null && host !== null && !isAddress(host)) assert.equal(name, host);
    const end = readHost(input, 0, input.length);
    assert.ok(end === -1 || (end > 0 && end <= input.length));
    if (end >= 0) assert.match(text, /^(?:[\w.-]+|\[[0-9a-fA-F:.]+\])(?::\d{0,5})?$/);
    return `${host === null ? 'no host' : isAddress(host) ? 'address' : 'name'}, ${end < 0 ? 'refused' : 'taken'}`;
  },
};
