import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type TestContext, test } from 'node:test';
import { findLocalListeners } from '../../src/control/machine/local-listeners.ts';
import { findPortOwner } from '../../src/control/machine/port-owner.ts';
import { explainListenFailure } from '../../src/gateway/listen-failure.ts';

const linuxOnly = { skip: process.platform === 'linux' ? false : 'needs /proc' };

interface Child {
  readonly pid: number;
  readonly port: number;
}

/** A process that runs `file` with `command` and prints the port it listens on. */
async function listener(t: TestContext, command: string, args: readonly string[], uid?: number): Promise<Child> {
  const child = spawn(command, args, {
    stdio: ['ignore', 'pipe', 'inherit'],
    cwd: '/',
    ...(uid !== undefined && { uid }),
  });
  t.after(() => child.kill('SIGKILL'));
  const [line]: string[] = await once(createInterface(child.stdout), 'line');
  return { pid: child.pid ?? 0, port: Number(line) };
}

function script(t: TestContext, name: string, text: string): string {
  const directory = mkdtempSync(join(tmpdir(), 'sallyport-owner-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  const file = join(directory, name);
  writeFileSync(file, text);
  return file;
}

const nodeServer = (host: string): string =>
  `const s = require('node:net').createServer().listen(0, '${host}', () => console.log(s.address().port));`;

for (const host of ['127.0.0.1', '::', '::1']) {
  test(`a Node server on ${host} is known by its script and pid`, linuxOnly, async (t) => {
    const file = script(t, 'busy-app.cjs', nodeServer(host));
    const { pid, port } = await listener(t, process.execPath, [file, '--password', 'hunter2']);
    const owner = await findPortOwner(port, host);
    assert.ok(owner?.kind === 'process');
    assert.equal(owner.pid, pid);
    assert.equal(owner.name, `node ${file}`);
  });
}

test('of two listeners on one port, the one on the wanted address is told', linuxOnly, async (t) => {
  const first = await listener(t, process.execPath, [script(t, 'first.cjs', nodeServer('127.0.0.1'))]);
  const onSecond = nodeServer('127.0.0.2').replace('listen(0', `listen(${first.port}`);
  const second = await listener(t, process.execPath, [script(t, 'second.cjs', onSecond)]);
  const pidOn = async (host: string): Promise<unknown> => {
    const owner = await findPortOwner(first.port, host);
    return owner?.kind === 'process' && owner.pid;
  };
  assert.equal(await pidOn('127.0.0.1'), first.pid);
  assert.equal(await pidOn('127.0.0.2'), second.pid);
  assert.equal(await pidOn('127.0.0.3'), false);
});

test('another Sallyport is told by that name', linuxOnly, async (t) => {
  const { pid, port } = await listener(t, process.execPath, [script(t, 'sallyport', nodeServer('127.0.0.1')), 'run']);
  assert.deepEqual(await findPortOwner(port).then((owner) => ({ ...owner, unit: null })), {
    kind: 'process',
    pid,
    name: 'Sallyport',
    unit: null,
  });
});

test('what stands in the options of an interpreter is not told', linuxOnly, async (t) => {
  const code =
    'import socket,time\ns=socket.create_server(("127.0.0.1",0))\nprint(s.getsockname()[1],flush=True)\ntime.sleep(600)';
  const { pid, port } = await listener(t, 'python3', ['-c', code]);
  const owner = await findPortOwner(port);
  assert.ok(owner?.kind === 'process');
  assert.equal(owner.pid, pid);
  assert.match(owner.name, /^python3[.\d]*$/);
});

test('what listens on this machine is found, with whether other machines can reach it', linuxOnly, async (t) => {
  const inside = await listener(t, process.execPath, [script(t, 'inside.cjs', nodeServer('127.0.0.1'))]);
  const open = await listener(t, process.execPath, [script(t, 'open.cjs', nodeServer('0.0.0.0'))]);
  const found = await findLocalListeners();
  const on = (port: number) => found.find((one) => one.port === port);
  assert.equal(on(inside.port)?.host, '127.0.0.1');
  assert.equal(on(open.port)?.host, '0.0.0.0');
  const owner = on(inside.port)?.owner;
  assert.equal(owner?.kind === 'process' && owner.pid, inside.pid);
});

test('a port nobody listens on has no owner', linuxOnly, async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  assert.equal(await findPortOwner(port), null);
});

test('a busy port is told with its owner and what to do', linuxOnly, async (t) => {
  const file = script(t, 'busy-app.cjs', nodeServer('127.0.0.1'));
  const { pid, port } = await listener(t, process.execPath, [file]);
  const server = createServer();
  server.listen(port, '127.0.0.1');
  const [error]: unknown[] = await once(server, 'error');
  const told = await explainListenFailure(error, { host: '127.0.0.1', port });
  assert.equal(told.code, 'port-in-use');
  assert.equal(told.message, `port ${port} is in use by node ${file} (pid ${pid})`);
  assert.ok(told.cure?.startsWith(`Stop it with \`kill ${pid}\``) || told.cure?.includes('systemctl stop'));
});

test('without a right to know, the port is told as another user’s', linuxOnly, async (t) => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  const { port } = server.address() as AddressInfo;
  if (process.getuid?.() !== 0) {
    // Only root can look with another user's eyes; CI runs as root.
    assert.ok(!process.env.CI, 'this needs root');
    return;
  }
  const module = new URL('../../src/control/machine/port-owner.ts', import.meta.url);
  const looker = script(
    t,
    'look.mjs',
    `process.setgroups([]); process.setgid(65534);
     const { findPortOwner } = await import(${JSON.stringify(module.href)});
     process.setuid(65534);
     console.log(JSON.stringify(await findPortOwner(${port})));`,
  );
  const child = spawn(process.execPath, [looker], { stdio: ['ignore', 'pipe', 'inherit'] });
  const text = (await child.stdout.toArray()).join('');
  assert.deepEqual(JSON.parse(text), { kind: 'hidden', user: 'root' });
});

test('an address this machine does not have is told as such', async () => {
  const server = createServer();
  server.listen(0, '192.0.2.1');
  const [error]: unknown[] = await once(server, 'error');
  const told = await explainListenFailure(error, { host: '192.0.2.1', port: 443 });
  assert.equal(told.code, 'address-unavailable');
  assert.match(told.message, /192\.0\.2\.1/);
});
