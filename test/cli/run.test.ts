/** The whole program, nothing replaced: its verbs against one running process. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { runSallyport, startSallyport } from '../support/sallyport.ts';

const config = (site: string): string => `listen: { http: "127.0.0.1:0", https: "127.0.0.1:0" }
sites:
  ${site}: 1
`;

test('status, a refused reload, a good one and stop', async (t) => {
  const running = await startSallyport(t, config('a.test'));
  const serves = async (): Promise<unknown> => {
    const { stdout } = await runSallyport(['status', '-c', running.configFile, '--json']);
    const { pid, reloads, sites }: { pid: number; reloads: number; sites: { name: string }[] } = JSON.parse(stdout);
    assert.equal(pid, running.pid);
    return [reloads, ...sites.map((site) => site.name)];
  };
  assert.deepEqual(await serves(), [0, 'a.test']);
  const good = await readFile(running.configFile, 'utf8');

  const refused = await running.reload(good.replace('sites:', 'sties:'));
  assert.equal(refused.code, 2, running.output());
  assert.match(refused.stderr, /sallyport\.yaml:2:1: sties: .*did you mean "sites"/);

  const accepted = await running.reload(good.replace('a.test', 'b.test'));
  assert.equal(accepted.code, 0, accepted.stderr);
  assert.deepEqual(await serves(), [1, 'b.test']);

  const stopped = await runSallyport(['stop', '-c', running.configFile]);
  assert.equal(stopped.stdout, `stopped (pid ${running.pid})\n`);
  assert.equal((await running.process.exited).code, 0);
});

test('a second process on the same port names the first', async (t) => {
  const first = await startSallyport(t, config('a.test'));
  const args = ['up', '--https', `127.0.0.1:${first.https}`, '--http', 'off', '--state', `${first.directory}/other`];
  const { code, stdout, stderr } = await runSallyport([...args, 'b.test', '1']);
  assert.equal(code, 1);
  assert.equal(stdout, '');
  if (process.platform === 'linux') {
    assert.match(stderr, new RegExp(`port ${first.https} is in use by Sallyport \\(pid ${first.pid}\\)`));
  }
});
