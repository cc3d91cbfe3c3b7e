import assert from 'node:assert/strict';
import { escapeField, jsonString } from '../../src/traffic/record/escape.ts';
import type { FuzzTarget } from '../target.ts';

export const target: FuzzTarget = {
  reads: 'what clients send, on its way into a log line',
  seeds: ['Mozilla/5.0 (X11)', 'a"b\\c', '\r\n127.0.0.1 - - ', '\x1b[2J', '\xe9\u0085', '\\x0a', '"'],
  dictionary: ['"', '\\', '\r\n', '\x1b[', '\\x', '\\u0000', '\xc3\xa9', '\x7f', '\x9b'],
  mostBytes: 500,
  check(input) {
    for (const text of [input.toString('latin1'), input.toString('utf8')]) {
      const field = escapeField(text);
      assert.match(field, /^(?:[\x20-\x21\x23-\x5b\x5d-\x7e]|\\x[0-9A-F]{2})*$/);
      const quoted = jsonString(text);
      assert.match(quoted, /^[\x20-\x7e]*$/);
      assert.equal(JSON.parse(quoted), text);
    }
    const back = escapeField(input.toString('latin1')).replace(/\\x(..)/g, (_whole, hex) =>
      String.fromCharCode(Number.parseInt(hex, 16)),
    );
    assert.equal(back, input.toString('latin1'));
    return escapeField(input.toString('latin1')).includes('\\') ? 'escaped' : 'plain';
  },
};
