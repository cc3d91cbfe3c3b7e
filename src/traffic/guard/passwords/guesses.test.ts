import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clientNetwork } from '../../address.ts';
import { type Attempt, Guesses } from './guesses.ts';

const attempt = (address: string, user: string): Attempt => ({ address, file: '/users', user });

/** Tries one password to its end; resolves to how long it was made to wait, or after how many seconds to ask again. */
function guess(guesses: Guesses, one: Attempt, now: number, right = false): { wait?: number; retryAfter?: number } {
  const admission = guesses.admit(one, now);
  if (admission.retryAfter !== undefined) return { retryAfter: admission.retryAfter };
  if (right) guesses.succeeded(admission.ticket, now);
  else guesses.failed(admission.ticket, now);
  return { wait: admission.wait };
}

test('wrong passwords cost nothing at first, then a wait that doubles, then a pause', () => {
  const guesses = new Guesses();
  const one = attempt('192.0.2.1', 'alice');
  const seen = Array.from({ length: 9 }, () => guess(guesses, one, 0));
  assert.deepEqual(seen, [
    { wait: 0 },
    { wait: 0 },
    { wait: 0 },
    { wait: 250 },
    { wait: 500 },
    { wait: 1000 },
    { wait: 2000 },
    { wait: 4000 },
    { retryAfter: 15 },
  ]);
});

test('after a pause one password is checked, and the next pause is longer, up to two minutes', () => {
  const guesses = new Guesses();
  const one = attempt('192.0.2.1', 'alice');
  let now = 0;
  for (let i = 0; i < 8; i++) guess(guesses, one, now);
  const pauses: number[] = [];
  for (let i = 0; i < 6; i++) {
    const { retryAfter = 0 } = guess(guesses, one, now);
    pauses.push(retryAfter);
    now += retryAfter * 1000;
    assert.notEqual(guess(guesses, one, now).wait, undefined);
  }
  assert.ok(
    pauses.every((pause, index) => index === 0 || pause >= pauses[index - 1]!),
    String(pauses),
  );
  assert.ok(pauses.at(-1)! <= 120);
});

test('a network is slowed whatever users it tries, and a user whatever networks he is tried from', () => {
  const spraying = new Guesses();
  for (let i = 0; i < 8; i++) guess(spraying, attempt('192.0.2.1', `user${i}`), 0);
  assert.deepEqual(guess(spraying, attempt('192.0.2.1', 'alice'), 0), { retryAfter: 15 });
  assert.deepEqual(guess(spraying, attempt('192.0.2.2', 'alice'), 0), { wait: 0 });
  const botnet = new Guesses();
  for (let i = 0; i < 8; i++) guess(botnet, attempt(`192.0.2.${i}`, 'alice'), 0);
  assert.deepEqual(guess(botnet, attempt('198.51.100.1', 'alice'), 0), { retryAfter: 15 });
  assert.deepEqual(guess(botnet, attempt('198.51.100.1', 'bob'), 0), { wait: 0 });
});

test('who has logged in from a network before is not shut out by a bad neighbour, nor by a botnet', () => {
  const guesses = new Guesses();
  const alice = attempt('192.0.2.1', 'alice');
  guess(guesses, alice, 0, true);
  for (let i = 0; i < 20; i++) guess(guesses, attempt('192.0.2.1', `user${i}`), 0);
  for (let i = 0; i < 20; i++) guess(guesses, attempt(`198.51.100.${i}`, 'alice'), 0);
  assert.deepEqual(guess(guesses, alice, 0), { wait: 0 });
  assert.deepEqual(guess(guesses, alice, 0, true), { wait: 0 });
});

test('a neighbour cannot guess such a user for ever either', () => {
  const guesses = new Guesses();
  const alice = attempt('192.0.2.1', 'alice');
  guess(guesses, alice, 0, true);
  for (let i = 0; i < 8; i++) guess(guesses, alice, 0);
  assert.deepEqual(guess(guesses, alice, 0), { retryAfter: 15 });
});

test('a right password in between does not buy a network further guesses', () => {
  const guesses = new Guesses();
  for (let i = 0; i < 8; i++) {
    guess(guesses, attempt('192.0.2.1', `user${i}`), 0);
    guess(guesses, attempt('192.0.2.1', 'mallory'), 0, true);
  }
  assert.deepEqual(guess(guesses, attempt('192.0.2.1', 'alice'), 0), { retryAfter: 15 });
});

test('a new user behind the same address waits two minutes at most once the guessing has stopped', () => {
  const guesses = new Guesses();
  let now = 0;
  for (; now < 3_600_000; now += 6_000) guess(guesses, attempt('192.0.2.1', 'root'), now);
  const { retryAfter = 0 } = guess(guesses, attempt('192.0.2.1', 'alice'), now, true);
  assert.ok(retryAfter <= 120, String(retryAfter));
  assert.notEqual(guess(guesses, attempt('192.0.2.1', 'alice'), now + retryAfter * 1000, true).wait, undefined);
});

test('everything is forgotten after some minutes of quiet', () => {
  const guesses = new Guesses();
  const one = attempt('192.0.2.1', 'alice');
  for (let i = 0; i < 8; i++) guess(guesses, one, 0);
  assert.deepEqual(guess(guesses, one, 5 * 60_000), { wait: 0 });
  assert.deepEqual(guess(guesses, one, 5 * 60_000), { wait: 0 });
});

test('a flood that comes all at once is no better off: few are checked, the rest is refused', () => {
  const guesses = new Guesses();
  const admitted = Array.from({ length: 10_000 }, (_, i) => guesses.admit(attempt('192.0.2.1', `user${i}`), 0)).filter(
    ({ wait }) => wait !== undefined,
  );
  assert.equal(admitted.length, 8);
});

test('a check that was not made gives its place back', () => {
  const guesses = new Guesses();
  for (let i = 0; i < 100; i++) {
    const admission = guesses.admit(attempt('192.0.2.1', 'alice'), 0);
    if (admission.retryAfter !== undefined) throw new Error('refused');
    guesses.dropped(admission.ticket);
  }
  assert.deepEqual(guess(guesses, attempt('192.0.2.1', 'alice'), 0), { wait: 0 });
});

test('a hundred thousand networks are counted in bounded memory', () => {
  const guesses = new Guesses();
  for (let i = 0; i < 100_000; i++)
    guess(guesses, attempt(`10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`, `user${i}`), i);
  assert.deepEqual(guess(guesses, attempt('10.0.0.1', 'user1'), 100_001), { wait: 0 });
});

for (const [address, network] of [
  ['192.0.2.7', '192.0.2.7'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
  ['2001:db8::1', '2001:db8:0:0'],
  ['::1', '0:0:0:0'],
  ['fe80::', 'fe80:0:0:0'],
  ['fe80::1%eth0', 'fe80:0:0:0'],
  ['2001:0DB8::1', '2001:db8:0:0'],
  ['::ffff:192.0.2.7', '192.0.2.7'],
  ['::FFFF:c000:207', '192.0.2.7'],
] as const) {
  test(`${address} belongs to ${network}`, () => assert.equal(clientNetwork(address), network));
}
