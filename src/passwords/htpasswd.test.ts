import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseHtpasswd, withoutUser, withUser } from './htpasswd.ts';

const bcrypt = '$2y$10$UblSwj0cw3ev9rXgyqqDtOcu6QXwn/iY6RjNc8F0Q8S/Y0PwMam0q';
const sha = '{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=';

const said = (text: string): string[] =>
  parseHtpasswd(Buffer.from(text)).faults.map(({ line, column, what }) => `${line}:${column}: ${what}`);

for (const [text, expected] of [
  ['alice\n', '1:1: a line without a colon'],
  [`# staff\n:${bcrypt}\n`, '2:1: a user without a name'],
  [`-:${bcrypt}\n`, '1:1: the name "-", which logs write for nobody'],
  [` alice:${bcrypt}\n`, '1:1: white space around a name'],
  [`al\u0007ice:${bcrypt}\n`, '1:1: a control character in a name'],
  ['alice:\n', '1:7: the user alice has no password'],
  ['alice:hunter2\n', '1:7: the user alice has no hash; perhaps the password itself'],
  [
    'alice:rl.3StKT.4T8M\n',
    '1:7: the user alice has a DES hash, of which only the first eight characters of a password count',
  ],
  ['alice:{SSHA}aGVsbG8=\n', '1:7: the user alice has a hash of a kind that LDAP servers use'],
  ['alice:$y$j9T$abc$def\n', '1:7: the user alice has a yescrypt hash, which web servers cannot share'],
  [`alice:${bcrypt.slice(0, -1)}\n`, '1:7: the user alice has a damaged hash'],
  [
    `alice:${bcrypt.replace('$10$', '$17$')}\n`,
    '1:7: the user alice has a bcrypt hash of a cost above 15, which takes seconds to check',
  ],
  [
    'alice:$argon2id$v=19$m=4194304,t=2,p=1$8C/YnsA/+1aAyoAFwx2hqw$SE8aA56Jh99+xS6wKZRJ4xMWgF487s+hAL63Mgp4GXo\n',
    '1:7: the user alice has an argon2id hash that takes more than 1 GiB, 64 passes or 64 lanes to check',
  ],
  [`alice:${bcrypt}\n\nalice:${bcrypt}\n`, '3:1: the user alice stands here a second time, first in line 1'],
] as const) {
  test(`refused: ${expected}`, () => assert.deepEqual(said(text), [expected]));
}

test('bytes that are not UTF-8 are refused', () => {
  assert.equal(parseHtpasswd(Buffer.from('al\xefce:x', 'latin1')).faults[0]?.what, 'not text in UTF-8');
});

test('comments, empty lines, remarks behind a second colon and Windows line ends are read over', () => {
  const { users, faults } = parseHtpasswd(Buffer.from(`# staff\r\n\r\nalice:${bcrypt}:Alice A.\r\nbüro:${bcrypt}`));
  assert.deepEqual(faults, []);
  assert.deepEqual(
    [...users.values()].map(({ name, line, hash }) => [name, line, hash]),
    [
      ['alice', 3, bcrypt],
      ['büro', 4, bcrypt],
    ],
  );
});

test('{SHA} is read with a warning', () => {
  const { users, warnings } = parseHtpasswd(Buffer.from(`old:${sha}\n`));
  assert.equal(users.get('old')?.scheme, 'sha1');
  assert.match(warnings[0]?.what ?? '', /guessed at billions/);
});

test('a change touches the line of its user alone', () => {
  const before = `# staff\nalice:${sha}:Alice\r\nbob:${sha}\r\n# end`;
  assert.equal(withUser(before, 'alice', 'X'), `# staff\nalice:X:Alice\r\nbob:${sha}\r\n# end`);
  assert.equal(withUser(before, 'bob', 'X'), `# staff\nalice:${sha}:Alice\r\nbob:X\r\n# end`);
  assert.equal(withUser(before, 'carol', 'X'), `${before}\ncarol:X\n`);
  assert.equal(withoutUser(before, 'alice'), `# staff\nbob:${sha}\r\n# end`);
  assert.equal(withoutUser(before, 'carol'), null);
});

test('any bytes are users or faults, and no fault quotes a hash', () => {
  const line = fc.tuple(fc.string({ maxLength: 8 }), fc.constantFrom(':', '', '::'), fc.string({ maxLength: 30 }));
  fc.assert(
    fc.property(fc.array(line), (lines) => {
      const secret = 'hunter2hunter2';
      const text = lines.map(([name, colon, rest]) => `${name}${colon}${rest}${secret}`).join('\n');
      const { faults } = parseHtpasswd(Buffer.from(text));
      assert.ok(faults.every((fault) => !JSON.stringify(fault).includes(secret) || !text.includes(':')));
    }),
  );
});
