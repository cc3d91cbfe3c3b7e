import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { needs } from '../support/parts.ts';
import { runProcess } from '../support/process.ts';
import { runSallyport } from '../support/sallyport.ts';
import { temporaryDirectory } from '../support/scope.ts';

const parts = needs('systemd-analyze', 'systemd-sysusers');

interface Image {
  readonly root: string;
  readonly unit: string;
  readonly socket: string;
  service(...args: string[]): Promise<string>;
}

/** A directory in place of `/`, and `sallyport service` for it. */
async function image(t: TestContext, yaml: string): Promise<Image> {
  const directory = await temporaryDirectory(t);
  const config = join(directory, 'sallyport.yaml');
  await writeFile(config, yaml);
  const root = join(directory, 'root');
  await mkdir(join(root, 'etc'), { recursive: true });
  return {
    root,
    unit: join(root, 'etc/systemd/system/sallyport.service'),
    socket: join(root, 'etc/systemd/system/sallyport.socket'),
    async service(verb, ...args) {
      const which = verb === 'install' ? ['-c', config] : [];
      const { code, stdout, stderr } = await runSallyport(['service', verb ?? '', ...which, '--root', root, ...args]);
      assert.equal(code, 0, stdout + stderr);
      return stdout;
    },
  };
}

async function analyze(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await runProcess('systemd-analyze', args);
  assert.equal(code, 0, stdout + stderr);
  return stdout + stderr;
}

const yaml = 'sites: { notes.internal: 8080 }\n';
/** The exposure that `systemd-analyze security` may see at most, and how the service is installed for it. */
const kinds: readonly [number, string, readonly string[]][] = [
  [2.0, 'as a user of its own', []],
  [2.0, 'as a user that systemd makes up', ['--dynamic']],
  [1.6, 'with sockets from systemd', ['--socket-activation']],
  [3.2, 'as root, for apps with users of their own', ['--user', 'root']],
];

for (const [exposure, kind, options] of kinds) {
  test(`systemd understands the unit ${kind}, and finds it well guarded`, parts, async (t) => {
    const { service, unit, socket } = await image(t, yaml);
    await service('install', ...options);
    const complaints = await analyze('verify', '--man=no', ...(existsSync(socket) ? [socket] : []), unit);
    assert.doesNotMatch(complaints, /sallyport/);
    const security = await analyze('security', '--offline=true', `--threshold=${exposure * 10}`, unit);
    t.diagnostic(security.split('\n').findLast((line) => line.includes('Overall')) ?? '');
  });
}

test('install tells how to start and how to undo, and undoing leaves nothing', parts, async (t) => {
  const { service, root, unit, socket } = await image(t, yaml);
  const printed = await service('install', '--socket-activation');
  assert.match(printed, /^start: +systemctl enable --now sallyport\.socket sallyport$/m);
  assert.match(printed, /^undo: +sallyport service uninstall$/m);
  assert.match(await readFile(join(root, 'etc/passwd'), 'utf8'), /^sallyport:x:\d+:\d+:.*:\/usr\/sbin\/nologin$/m);
  await service('install');
  assert.ok(existsSync(unit) && !existsSync(socket), 'the socket of before is gone');
  await service('uninstall');
  assert.ok(!existsSync(unit));
});

test('the socket unit listens where the configuration says', parts, async (t) => {
  const listen = 'listen: { http: ["192.0.2.1:80", "[2001:db8::1]:80"], https: 8443 }\n';
  const { service, socket } = await image(t, listen + yaml);
  await service('install', '--socket-activation');
  const streams = (await readFile(socket, 'utf8')).match(/^ListenStream=.*$/gm);
  assert.deepEqual(streams, ['ListenStream=192.0.2.1:80', 'ListenStream=[2001:db8::1]:80', 'ListenStream=8443']);
});

test('directories that the configuration names are made or opened for writing', parts, async (t) => {
  const more =
    'state: /srv/gate\ncontrol: /run/sallyport/control.sock\nlogs: { access: /var/log/sallyport/access.log }\n';
  const { service, unit } = await image(t, more + yaml);
  await service('install');
  const text = await readFile(unit, 'utf8');
  for (const line of ['RuntimeDirectory=sallyport', 'LogsDirectory=sallyport', 'ReadWritePaths=/srv/gate'])
    assert.ok(text.includes(`\n${line}\n`), `${line} is missing in\n${text}`);
});

test('a service of no root refuses apps that only root can start, and tells how to install it', parts, async (t) => {
  const app = 'sites: { a.internal: { app: { run: [node], user: www-data } } }\n';
  const { service } = await image(t, app);
  await assert.rejects(service('install'), /only root can start it\n +cure: Install with --user root/);
  await service('install', '--user', 'root');
});

test('a unit that somebody else wrote is left alone', parts, async (t) => {
  const { root, unit, service } = await image(t, yaml);
  await mkdir(join(root, 'etc/systemd/system'), { recursive: true });
  await writeFile(unit, '[Service]\nExecStart=/bin/true\n');
  await assert.rejects(service('install'), /sallyport\.service is there already/);
  assert.match(await service('uninstall'), /no service is installed/);
  assert.ok(existsSync(unit));
});

test('apps that it runs may write to their own directories, and have time to end', parts, async (t) => {
  const app = '{ run: [node], home: /srv/shop, user: root, stopTimeout: 40s }';
  const { service, unit } = await image(t, `sites: { shop.internal: { app: ${app} } }\n`);
  await service('install', '--user', 'root');
  const text = await readFile(unit, 'utf8');
  assert.match(text, /^ReadWritePaths=-\/srv\/shop$/m);
  assert.match(text, /^TimeoutStopSec=85$/m);
  assert.doesNotMatch(await analyze('verify', '--man=no', unit), /sallyport/);
});

test('with --json what was written and removed, and what to do next, are data', parts, async (t) => {
  const { unit, service } = await image(t, yaml);
  assert.deepEqual(JSON.parse(await service('install', '--user', 'root', '--json')), {
    wrote: [unit],
    user: 'root',
    start: 'systemctl enable --now sallyport',
    undo: 'sallyport service uninstall',
  });
  assert.deepEqual(JSON.parse(await service('uninstall', '--json')), { removed: [unit] });
});
