import assert from 'node:assert/strict';
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { needs, requirePart } from '../support/parts.ts';
import { runProcess, startProcess } from '../support/process.ts';
import { type Scope, sharedScope, temporaryDirectory } from '../support/scope.ts';
import { openGuardedGate } from './support.ts';

const parts = needs('fail2ban-server', 'fail2ban-regex', 'curl');
const stock = '/etc/fail2ban';
const scope = sharedScope();
const directory = await temporaryDirectory(scope);
const access = join(directory, 'access.log');
const gate = await openGuardedGate(
  scope,
  '  kms.test: { to: PORT, auth: { basic: USERS } }',
  `logs: { access: ${access} }`,
);

/** Asks as a client at this loopback address. */
async function from(address: string, ...args: string[]): Promise<number> {
  return (await gate.ask('kms.test', '/', '--interface', address, ...args)).status;
}

/** Debian's own configuration with one jail, as the guide has it, and an action that writes down whom it bans. */
async function configuration(banned: string): Promise<string> {
  const place = join(directory, 'fail2ban');
  await mkdir(join(place, 'action.d'), { recursive: true });
  for (const entry of ['filter.d', 'fail2ban.conf', 'jail.conf', 'paths-common.conf', 'paths-debian.conf'])
    await symlink(join(stock, entry), join(place, entry));
  await writeFile(
    join(place, 'action.d/note.conf'),
    `[Definition]\nactionban = echo <ip> >> ${banned}\nactionunban =\n`,
  );
  await writeFile(join(place, 'fail2ban.local'), '[Definition]\ndbfile = None\n');
  const jail = `[DEFAULT]
ignoreself = false
ignoreip =
backend = polling
usedns = no
[sallyport]
enabled = true
filter = traefik-auth
logpath = ${access}
maxretry = 5
findtime = 10m
action = note
`;
  await writeFile(join(place, 'jail.local'), jail);
  return place;
}

async function startFail2ban(t: Scope, place: string): Promise<void> {
  const places = ['-c', place, '-s', join(directory, 'f.sock'), '-p', join(directory, 'f.pid')];
  const server = startProcess(requirePart('fail2ban-server'), [...places, '-f', '--logtarget', 'stdout', 'start']);
  t.after(async () => void (await server.stop()));
  await server.printed(/Jail 'sallyport' started/);
}

/** Resolves when the file has `text` in it, which another process writes; rejects after twenty seconds. */
async function appears(file: string, text: string): Promise<string> {
  const deadline = Date.now() + 20_000;
  for (;;) {
    const content = await readFile(file, 'utf8').catch(() => '');
    if (content.includes(text)) return content;
    assert.ok(Date.now() < deadline, `${file} has no ${text}: ${content}`);
    await delay(50);
  }
}

test("Debian's fail2ban with a filter it ships bans who guesses, and nobody else", parts, async (t) => {
  const banned = join(directory, 'banned');
  await startFail2ban(t, await configuration(banned));
  for (let time = 0; time < 3; time++) assert.equal(await from('127.0.0.2'), 401);
  assert.equal(await from('127.0.0.3', '-u', 'alice:secret'), 200);
  assert.equal(await from('127.0.0.3', '-u', 'bob:typo'), 401);
  for (let time = 0; time < 6; time++) await from('127.0.0.66', '-u', `user ${time}:guess`);
  assert.equal(await appears(banned, '127.0.0.66'), '127.0.0.66\n');
});

test('fail2ban-regex: each wrong password is a hit, nothing else is', parts, async () => {
  await appears(access, '127.0.0.66 - user\\x205 ');
  const filter = join(stock, 'filter.d/traefik-auth.conf');
  const { stdout } = await runProcess(requirePart('fail2ban-regex'), [access, filter]);
  const tried = (await readFile(access, 'utf8')).split('\n').filter((line) => /^\S+ - (?!- )\S+ .* 401 /.test(line));
  assert.equal(tried.length, 7);
  assert.match(stdout, /Lines: \d+ lines, 0 ignored, 7 matched/);
});
