import assert from 'node:assert/strict';
import { nameFault, parseHtpasswd, withoutUser, withUser } from '../../src/passwords/htpasswd.ts';
import type { FuzzTarget } from '../target.ts';

const hash = '$2y$10$abcdefghijklmnopqrstuuKmGCs1h5vYzXqk8d1fQJx0lT7P0sVe2';
const apr1 = '$apr1$abcdefgh$G7bN1hB4ZbGzR4k0oIuY1.';
const sha = '{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=';

export const target: FuzzTarget = {
  reads: 'htpasswd files',
  seeds: [
    `alice:${hash}\n`,
    `# staff\nalice:${hash}\nbob:${apr1}:Bob, since May\n`,
    `eve:${sha}\r\n`,
    `alice:${hash}\nalice:${apr1}\n`,
    'nobody',
    ':x\n-:x\n #:x\n',
    'Zo\xc3\xab:$2y$10$short\n',
  ],
  dictionary: [
    ':',
    '\n',
    '\r\n',
    '#',
    '$2y$10$',
    '$2b$31$',
    '$apr1$',
    '{SHA}',
    '$6$rounds=5000$',
    '$argon2id$v=19$',
    hash,
    apr1,
    '\0',
    '\xef\xbb\xbf',
  ],
  mostBytes: 800,
  check(input) {
    const { users, faults } = parseHtpasswd(input);
    for (const [name, user] of users) {
      assert.equal(user.name, name);
      assert.equal(nameFault(name), null);
    }
    if (faults.length > 0) return `${Math.min(3, faults.length)} faults`;
    const text = input.toString('utf8');
    const added = parseHtpasswd(Buffer.from(withUser(text, 'fuzzed', hash)));
    assert.deepEqual(added.faults, []);
    assert.equal(added.users.get('fuzzed')?.hash, hash);
    assert.equal(added.users.size, users.size + (users.has('fuzzed') ? 0 : 1));
    const removed = withoutUser(withUser(text, 'fuzzed', hash), 'fuzzed');
    assert.equal(parseHtpasswd(Buffer.from(removed ?? '')).users.has('fuzzed'), false);
    return `${Math.min(3, users.size)} users`;
  },
};
