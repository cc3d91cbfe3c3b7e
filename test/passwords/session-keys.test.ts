import assert from 'node:assert/strict';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { SessionKeys, type SessionKeysOptions } from '../../src/control/users/session-keys.ts';
import { manualClock } from '../support/manual-clock.ts';
import { memoryLog } from '../support/memory-log.ts';
import { type Scope, temporaryDirectory } from '../support/scope.ts';

const day = 86_400_000;

async function setting(scope: Scope) {
  const state = join(await temporaryDirectory(scope), 'state');
  const clock = manualClock(Date.UTC(2026, 0, 1));
  const log = memoryLog();
  let changes = 0;
  const options: SessionKeysOptions = {
    ...{ state, clock, log },
    onChanged: async () => void changes++,
  };
  const open = async (): Promise<SessionKeys> => {
    const keys = await SessionKeys.open(options);
    scope.after(() => keys.close());
    return keys;
  };
  return { state, clock, log, open, changes: () => changes };
}

test('a key is made once, for its owner alone, and is there after a restart', async (t) => {
  const { state, open, clock } = await setting(t);
  const first = await open();
  first.close();
  assert.equal((await stat(join(state, 'sessions.json'))).mode & 0o777, 0o600);
  clock.set(clock.now() + day);
  assert.deepEqual((await open()).current(), first.current());
  assert.equal(first.current().length, 1);
});

test('after a week another key signs, and the one before is believed until none of its sessions can live', async (t) => {
  const { open, clock, changes } = await setting(t);
  const keys = await open();
  const [first] = keys.current();
  for (let hour = 0; hour < 7 * 24; hour++) await clock.runToNext();
  assert.equal(changes(), 1);
  assert.equal(keys.current().length, 2);
  assert.equal(keys.current()[1]?.id, first?.id);
  for (let hour = 0; hour < 29 * 24; hour++) await clock.runToNext();
  assert.ok(keys.current().every(({ id }) => id !== first?.id));
  assert.ok(keys.current().length <= 5);
});

test('a file that is damaged or cannot be written is told, and sessions go on', async (t) => {
  const { state, open, log } = await setting(t);
  (await open()).close();
  await writeFile(join(state, 'sessions.json'), '[{"id":1}]');
  assert.equal((await open()).current().length, 1);
  assert.match(log.of('warn').join('\n'), /keys of sessions cannot be read; everybody is asked for the password again/);
  assert.ok(!log.lines.join('').includes((await open()).current()[0]!.secret));
  assert.match(await readFile(join(state, 'sessions.json'), 'utf8'), /^\[\{"id":"/);
});
