import assert from 'node:assert/strict';
import { statSync } from 'node:fs';
import { chmod, mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { startSallyport } from '../support/sallyport.ts';
import { asRoot, gid, place, statusLine, uid, who } from './users.ts';

async function filesBelow(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
}

test('root becomes the configured user for good, with its group and without any capability', asRoot, async (t) => {
  const { yaml } = await place(t);
  const { pid } = await startSallyport(t, yaml);
  assert.equal(statusLine(pid, 'Uid'), Array(4).fill(uid).join('\t'));
  assert.equal(statusLine(pid, 'Gid'), Array(4).fill(gid).join('\t'));
  assert.ok(!statusLine(pid, 'Groups').split(' ').includes('0'), 'not in the group root');
  for (const set of ['CapInh', 'CapPrm', 'CapEff', 'CapAmb']) assert.match(statusLine(pid, set), /^0+$/, set);
});

test('a port below 1024 is bound before', asRoot, async (t) => {
  const { yaml } = await place(t);
  const gate = await startSallyport(t, yaml.replace('"127.0.0.1:0"', '"127.84.68.23:443"'));
  assert.equal(gate.https, 443);
});

test('state and keys are the user’s and nobody else can read them', asRoot, async (t) => {
  const { directory, yaml } = await place(t);
  await startSallyport(t, yaml);
  const files = await filesBelow(join(directory, 'state'));
  for (const file of files) assert.equal(String(statSync(file).uid), uid, file);
  const keys = files.filter((file) => file.endsWith('key.pem'));
  assert.ok(keys.length >= 3, 'of root, intermediate and site');
  for (const key of keys) assert.equal(statSync(key).mode & 0o777, 0o600, key);
  for (const path of ['state', 'state/control.sock'])
    assert.equal(statSync(join(directory, path)).mode & 0o077, 0, path);
  assert.equal(String(statSync(join(directory, 'access.log')).uid), uid);
});

test('what root has kept before is handed over with everything in it', asRoot, async (t) => {
  const { directory, yaml } = await place(t);
  const before = await startSallyport(t, yaml.replace(/^user:.*\n/, ''));
  await before.stop();
  await startSallyport(t, yaml);
  for (const file of await filesBelow(join(directory, 'state'))) assert.equal(String(statSync(file).uid), uid, file);
});

test(
  'a reload keeps the places of root, and a port that only root can bind is refused with the reason',
  asRoot,
  async (t) => {
    const { yaml } = await place(t);
    const gate = await startSallyport(t, yaml);
    await chmod(gate.directory, 0o755);
    const taken = await gate.reload(yaml.replace('a.internal', 'b.internal'));
    assert.equal(taken.code, 0, taken.stderr);
    const refused = await gate.reload(yaml.replace('"127.0.0.1:0"', '["127.0.0.1:0", "127.84.68.23:443"]'));
    assert.equal(refused.code, 1);
    assert.match(refused.stderr, /port 443 may not be used by www-data.*\n +cure: Restart/);
  },
);

test('a directory that is somebody else’s is not taken', asRoot, async (t) => {
  const { directory, yaml } = await place(t);
  await mkdir(join(directory, 'state'), { mode: 0o755 });
  await writeFile(join(directory, 'state/passwd'), '');
  await assert.rejects(startSallyport(t, yaml), /state directory .*state is not www-data's, and not root's alone/);
  assert.equal(statSync(join(directory, 'state/passwd')).uid, 0);
});

test('a user that does not exist is told, and nothing is served', asRoot, async (t) => {
  const { yaml } = await place(t);
  await assert.rejects(startSallyport(t, yaml.replace(who, 'nobody-here')), /there is no user nobody-here/);
});
