import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { asciiName, commonNameOf } from './distinguished-name.ts';

for (const [subject, written, name] of [
  ['', '', ''],
  ['CN=alice', 'CN=alice', 'alice'],
  ['C=SE\nO=Acme\\, Inc.\nCN=alice', 'CN=alice,O=Acme\\, Inc.,C=SE', 'alice'],
  ['O=Åkerö\nCN=Zoë', 'CN=Zo\\C3\\AB,O=\\C3\\85ker\\C3\\B6', 'Zoë'],
  ['CN=alice + emailAddress=a@example.org', 'CN=alice+emailAddress=a@example.org', 'alice'],
  ['CN=a\\0D\\0Ab', 'CN=a\\0D\\0Ab', 'a??b'],
  ['O=x\nCN=first\nCN=second', 'CN=second,CN=first,O=x', 'first'],
] as const) {
  test(`${JSON.stringify(subject)} is ${written}`, () => {
    assert.equal(asciiName(subject), written);
    assert.equal(commonNameOf(subject), name);
  });
}

test('whatever a certificate says, it stays within one line of ASCII', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (subject) => assert.match(asciiName(subject), /^[\x20-\x7e]*$/)),
  );
});
