import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { cp, mkdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { prepareStage, runSallyport, shownFor, startApp, startSallyport, untilShown } from '../support/acme-gate.ts';
import { needs } from '../support/parts.ts';

test('cert show, renew, doctor and import, with a running gate and without', needs('pebble'), async (t) => {
  const stage = await prepareStage(t);
  const app = await startApp(t);
  const gate = await startSallyport(
    t,
    stage.configuration(`  app.example.org: { aliases: [www.example.org], to: ${app} }\n`),
  );
  const first = await untilShown(gate, 'app.example.org');
  const cert = async (...words: string[]): Promise<{ code: number | null; facts: unknown; stderr: string }> => {
    const { code, stdout, stderr } = await runSallyport(['cert', ...words, '--json', '-c', gate.configFile]);
    return { code, facts: stdout === '' ? null : JSON.parse(stdout), stderr };
  };
  const fact = (facts: unknown, name: string): unknown => Reflect.get(Object(facts), name);

  const shown = await cert('show', 'www.example.org');
  assert.equal(fact(shown.facts, 'state'), 'valid');
  assert.equal(fact(shown.facts, 'daysLeft'), 89);

  const renewed = await cert('renew', 'app.example.org');
  assert.equal(renewed.code, 0, renewed.stderr);
  const second = await shownFor(gate.https, 'app.example.org');
  assert.notEqual(second?.serialNumber, first.serialNumber, 'served when the verb returns');

  const healthy = await cert('doctor', 'app.example.org');
  assert.equal(healthy.code, 0, JSON.stringify(healthy.facts));
  const checked = await runSallyport(['check', '-c', gate.configFile]);
  assert.match(checked.stdout, /this gate answers on port 80/);

  // As certbot lays them out.
  const live = join(stage.state, '..', 'live');
  const current = join(stage.state, 'certificates/app.example.org/current');
  await mkdir(live);
  await cp(join(current, 'chain.pem'), join(live, 'fullchain.pem'));
  await cp(join(current, 'key.pem'), join(live, 'privkey.pem'));
  assert.equal((await stat(join(current, 'key.pem'))).mode & 0o777, 0o600);
  assert.equal((await cert('renew', 'app.example.org')).code, 0);
  const imported = await cert('import', live);
  assert.equal(imported.code, 0, imported.stderr);
  assert.equal((await shownFor(gate.https, 'app.example.org'))?.serialNumber, second?.serialNumber);

  await gate.stop();
  const stored = await cert('show', 'app.example.org');
  assert.equal(fact(stored.facts, 'issuer'), 'import');
  const again = await cert('import', join(live, 'privkey.pem'), join(live, 'fullchain.pem'));
  assert.equal(again.code, 0, again.stderr);
  const alone = await cert('doctor', 'app.example.org');
  assert.equal(alone.code, 0, JSON.stringify(alone.facts));
  assert.match((await cert('renew', 'app.example.org')).stderr, /nothing is running/);
  assert.match((await cert('show', 'other.example.org')).stderr, /there are: app\.example\.org/);
});

test('the doctor names a DNS name that leads nowhere, and the exit code says so', needs('pebble'), async (t) => {
  const stage = await prepareStage(t);
  await stage.pebble.challenge('set-default-ipv4', { ip: '' });
  const gate = await startSallyport(t, stage.configuration('  lost.example.org: 1\n'));
  const { code, stdout } = await runSallyport(['cert', 'doctor', 'lost.example.org', '-c', gate.configFile]);
  assert.equal(code, 1);
  assert.match(stdout, /lost\.example\.org: the name has no address.*\n +cure: add an A record/);
});

test('ca issue makes a certificate for another machine, ca export the root for its devices', async (t) => {
  const stage = await startSallyport(
    t,
    'listen: { http: "127.0.0.1:0", https: "127.0.0.1:0" }\nsites: { a.internal: 1 }\n',
  );
  const run = (...words: string[]) => runSallyport(['ca', ...words, '-c', stage.configFile], { cwd: stage.directory });
  assert.equal((await run('issue', 'printer.internal', '192.168.1.20', '--days', '30')).code, 0);
  const leaf = new X509Certificate(await readFile(join(stage.directory, 'printer.internal.pem')));
  assert.equal(leaf.subjectAltName, 'DNS:printer.internal, IP Address:192.168.1.20');
  assert.equal((await stat(join(stage.directory, 'printer.internal.key'))).mode & 0o777, 0o600);
  const twice = await run('issue', 'printer.internal');
  assert.equal(twice.code, 1);
  assert.match(twice.stderr, /it is there already/);
  for (const file of ['root.pem', 'root.der']) {
    assert.equal((await run('export', file)).code, 0);
    assert.equal(new X509Certificate(await readFile(join(stage.directory, file))).ca, true, file);
  }
  assert.equal((await run('export', 'root.mobileconfig')).code, 0);
  assert.match(await readFile(join(stage.directory, 'root.mobileconfig'), 'utf8'), /com\.apple\.security\.root/);
  assert.equal((await run('export', 'root.txt')).code, 2);
});

test('an in-house CA with limits signs nothing outside of them, whoever makes it first', async (t) => {
  const gate = await startSallyport(
    t,
    'listen: { http: "127.0.0.1:0", https: "127.0.0.1:0" }\nauthority: { names: [internal] }\nsites: { a.internal: 1 }\n',
  );
  const run = (...words: string[]) => runSallyport(['ca', ...words, '-c', gate.configFile], { cwd: gate.directory });
  assert.equal((await run('issue', 'printer.internal')).code, 0);
  const refused = await run('issue', 'printer.example.org');
  assert.equal(refused.code, 1);
  assert.match(refused.stderr, /its root is limited to other names/);
});
