import assert from 'node:assert/strict';
import { rename, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { UserError } from '../../src/model/errors.ts';
import { freePort } from '../support/ports.ts';
import type { Scope } from '../support/scope.ts';
import { type AppsAlone, appDirectory, appSettings, appsAlone, ask, isAlive } from './support.ts';

const version = (word: string) => `
let slow;
require('node:http')
  .createServer((request, response) => {
    if (request.url === '/slow') return void (slow = response);
    if (request.url === '/go') slow.end('${word} ' + process.pid);
    response.end('${word} ' + process.pid);
  })
  .listen(process.env.PORT);
`;
const broken = `console.error('no database'); process.exit(3);`;

const words = [process.execPath, 'app.js'];

function answer({ apps }: AppsAlone): Promise<string> {
  return ask(apps.placeOf('app.example').targets[0]);
}

async function running(t: Scope, more: object = {}, port: number | null = null) {
  const directory = await appDirectory(t, { 'app.js': version('one') });
  const alone = appsAlone(t);
  const program = { kind: 'command', words, port } as const;
  const settings = appSettings(directory, { program, ...more });
  alone.apps.take([settings]);
  await alone.until(() => alone.apps.placeOf('app.example').targets.length === 1);
  return { ...alone, settings, directory, file: join(directory, 'app.js') };
}

suite('deploying an app', () => {
  test('a restart starts the new one beside the old one, and ends the old one when its requests are answered', async (t) => {
    const alone = await running(t);
    const { apps, until, file } = alone;
    const [old] = apps.placeOf('app.example').targets;
    const slow = ask(old, '/slow');
    const before = await ask(old);
    await writeFile(file, version('two'));
    const facts = await apps.restart('app.example');
    assert.match(await answer(alone), /^two/);
    assert.equal(facts.pids.length, 2, 'the old one has a request yet');
    await delay(500);
    assert.equal(apps.facts()[0]?.pids.length, 2, 'and keeps it');
    await ask(old, '/go');
    assert.equal(await slow, before);
    await until(() => apps.facts()[0]?.pids.length === 1);
    await assert.rejects(ask(old));
    assert.deepEqual(alone.log.of('error'), []);
  });

  test('a new version that does not start leaves the old one serving, and says so', async (t) => {
    const alone = await running(t);
    const before = await answer(alone);
    await writeFile(alone.file, broken);
    await assert.rejects(alone.apps.restart('app.example'), (error) => {
      assert.ok(error instanceof UserError);
      assert.match(
        error.message,
        /did not become ready: exit code 3; the one before goes on serving\n {2}no database$/,
      );
      return true;
    });
    assert.equal(await answer(alone), before);
    assert.match(
      alone.log.of('error').join('\n'),
      /the old one goes on serving app=app\.example .*how=exit code 3 said=no database/,
    );
  });

  test('a new version that never answers leaves the old one serving', async (t) => {
    const alone = await running(t, { startTimeout: 1_000 });
    const before = await answer(alone);
    await writeFile(alone.file, 'setInterval(() => {}, 1000)');
    await assert.rejects(
      alone.apps.restart('app.example'),
      /it did not answer within 1 s; the one before goes on serving/,
    );
    assert.equal(await answer(alone), before);
    await alone.until(() => alone.apps.facts()[0]?.pids.length === 1);
  });

  test('with a port of its own the app ends before the next one starts', async (t) => {
    const port = await freePort();
    const alone = await running(t, {}, port);
    await writeFile(alone.file, version('two').replace('process.env.PORT', String(port)));
    const facts = await alone.apps.restart('app.example');
    assert.equal(facts.target, `127.0.0.1:${port}`);
    assert.equal(facts.pids.length, 1);
    assert.match(await answer(alone), /^two/);
  });

  test('touching, rewriting and replacing a file it follows start it anew', async (t) => {
    const directory = await appDirectory(t, { 'app.js': version('one'), 'touch.me': '' });
    const alone = appsAlone(t);
    const reload = [join(directory, 'app.js'), join(directory, 'touch.me')];
    alone.apps.take([appSettings(directory, { program: { kind: 'command', words, port: null }, reload })]);
    const restarts = (count: number) =>
      alone.until(() => {
        const [facts] = alone.apps.facts();
        return facts?.restarts === count && facts.state === 'ready';
      });
    await restarts(0);
    await writeFile(join(directory, 'app.js'), version('two'));
    await restarts(1);
    assert.match(await answer(alone), /^two/);
    await writeFile(join(directory, 'next.js'), version('three'));
    await rename(join(directory, 'next.js'), join(directory, 'app.js'));
    await restarts(2);
    assert.match(await answer(alone), /^three/);
    await utimes(join(directory, 'touch.me'), new Date(), new Date(Date.now() + 5_000));
    await restarts(3);
  });

  test('other settings deploy it, the same settings do not touch it, and none end it', async (t) => {
    const alone = await running(t);
    const { apps, settings, until } = alone;
    const before = await answer(alone);
    apps.take([structuredClone(settings)]);
    assert.equal(await answer(alone), before);
    assert.equal(apps.facts()[0]?.state, 'ready');
    apps.take([{ ...settings, environment: { MORE: '1' } }]);
    await until(() => apps.facts()[0]?.restarts === 1 && apps.facts()[0]?.state === 'ready');
    assert.notEqual(await answer(alone), before);
    const [pid = 0] = apps.facts()[0]?.pids ?? [];
    apps.take([]);
    assert.deepEqual(apps.facts(), []);
    await until(() => !isAlive(pid));
  });
});
