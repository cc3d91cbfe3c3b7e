import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  equalsIgnoreCase,
  fieldValueOctet,
  lowerAscii,
  nameFold,
  startsWithIgnoreCase,
  targetOctet,
  tokenLower,
} from './octets.ts';

test('the tables agree with the grammar, octet by octet', () => {
  for (let octet = 0; octet < 256; octet++) {
    const character = String.fromCharCode(octet);
    const isToken = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]$/.test(character);
    assert.equal(tokenLower[octet], isToken ? character.toLowerCase().charCodeAt(0) : 0, `token ${octet}`);
    assert.equal(nameFold[octet], character === '_' ? 0x2d : tokenLower[octet], `name ${octet}`);
    assert.equal(fieldValueOctet[octet] === 1, /^[\t\x20-\x7e\x80-\xff]$/.test(character), `value ${octet}`);
    assert.equal(
      targetOctet[octet] === 1,
      /^[\x21-\x7e\x80-\xff]$/.test(character) && character !== '#',
      `target ${octet}`,
    );
    assert.equal(lowerAscii(octet), /^[A-Z]$/.test(character) ? octet + 32 : octet, `lower ${octet}`);
  }
});

test('words are compared without regard to ASCII case, and to nothing else', () => {
  const bytes = Buffer.from('xChunKed', 'latin1');
  assert.equal(equalsIgnoreCase(bytes, 1, 8, 'chunked'), true);
  assert.equal(equalsIgnoreCase(bytes, 0, 8, 'chunked'), false);
  assert.equal(equalsIgnoreCase(bytes, 1, 7, 'chunked'), false);
  assert.equal(equalsIgnoreCase(Buffer.from('@', 'latin1'), 0, 1, '`'), false);
  assert.equal(startsWithIgnoreCase(bytes, 1, 8, 'chun'), true);
  assert.equal(startsWithIgnoreCase(bytes, 1, 4, 'chun'), false);
});
