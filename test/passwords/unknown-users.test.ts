import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Users } from '../../src/model/auth.ts';
import { noLogins } from '../../src/model/auth.ts';
import { systemClock } from '../../src/model/clock.ts';
import { type Check, LoginDesk } from '../../src/traffic/guard/passwords/login-desk.ts';
import { PasswordGuard } from '../../src/traffic/guard/passwords/password-guard.ts';
import { Visit } from '../../src/traffic/guard/visit.ts';
import { RequestHead, readRequestHead } from '../../src/wire/http1/request-head.ts';
import { userLine } from './support.ts';

const users: Users = new Map(
  ['alice:secret', 'bob:hunter2', 'carol:pw'].map((pair) => {
    const [name = '', password = ''] = pair.split(':');
    return [
      name,
      userLine(name, password)
        .trim()
        .slice(name.length + 1),
    ];
  }),
);

/** A desk that notes what it is asked to check and answers nothing. */
class NotingDesk extends LoginDesk {
  readonly checks: Check[] = [];
  override check(check: Check): void {
    this.checks.push(check);
  }
}

function checkFor(user: string): Check {
  const desk = new NotingDesk({ clock: systemClock, tell() {} });
  desk.use(noLogins);
  const rules = { file: '/users', realm: 'x', except: [], passAuthorization: false, session: null };
  const guard = new PasswordGuard({ site: 'a.test', rules, users, sessionKeys: [], desk, clock: systemClock });
  const credentials = Buffer.from(`${user}:guess`).toString('base64');
  const bytes = Buffer.from(`GET / HTTP/1.1\r\nHost: a.test\r\nAuthorization: Basic ${credentials}\r\n\r\n`);
  const request = new RequestHead(16);
  assert.ok(readRequestHead(bytes, 0, bytes.length, request) > 0);
  const peer = { address: '192.0.2.1', secure: true, trusted: false };
  const facts = { request, peer, clientAddress: '192.0.2.1', site: 'a.test', host: 'a.test', scheme: 'https' };
  guard.check(new Visit(facts, { guardSettled() {} }));
  assert.equal(desk.checks.length, 1, user);
  return desk.checks[0]!;
}

test('a name that is not there is checked against the hash of some user, and can never be right', () => {
  const hashes = [...users.values()];
  const used = new Set<string>();
  for (let i = 0; i < 50; i++) {
    const { hash, decoy } = checkFor(`nobody${i}`);
    assert.equal(hash, null);
    assert.ok(hashes.includes(decoy));
    used.add(decoy);
  }
  assert.ok(used.size > 1, 'always the same user would tell');
});

test('a user who is there is checked against his own hash', () => {
  for (const [name, hash] of users) assert.equal(checkFor(name).hash, hash);
});

test('the right password of the user whose hash is lent does not let anybody in', async (t) => {
  const desk = new LoginDesk({ clock: systemClock, tell() {} });
  t.after(() => desk.stop());
  const [first = ''] = users.values();
  const result = await new Promise((resolve) => {
    const attempt = { address: '192.0.2.1', file: '/users', user: 'nobody', name: 'n', password: 'secret' };
    desk.check({ ...attempt, hash: null, decoy: first, abandoned: () => false }, resolve);
  });
  assert.equal(result, 'wrong');
});
