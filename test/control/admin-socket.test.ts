import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { connect, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fetchStatus, requestLogReopen, requestReload } from '../../src/control/admin/client.ts';
import { type ControlActions, type ControlSocket, openControlSocket } from '../../src/control/admin/server.ts';
import { UserError } from '../../src/model/errors.ts';
import { fakeSettings, fakeStatus } from '../cli/fake-parts.ts';
import { temporaryDirectory } from '../support/scope.ts';

const quiet: ControlActions = {
  status: () => null,
  reload: async () => ({ file: '/etc/a.yaml', sites: 1, warnings: [] }),
  upgrade: async () => ({ pid: 1, version: '', before: process.pid }),
  reopenLogs: async () => {},
  renewCertificate: () => Promise.reject(new Error('not here')),
  examineCertificate: async () => [],
  importCertificate: () => Promise.reject(new Error('not here')),
  drainTarget: () => Promise.reject(new Error('not here')),
  restartApp: () => Promise.reject(new Error('not here')),
  appLines: () => [],
  stop: () => {},
};

async function open(t: TestContext, path: string, actions: Partial<ControlActions> = {}): Promise<ControlSocket> {
  const socket = await openControlSocket(path, { ...quiet, ...actions });
  t.after(() => socket.close());
  return socket;
}

interface Answer {
  readonly status: number | undefined;
  readonly body: unknown;
}

function ask(path: string, method: string, target: string, body = ''): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const outgoing = request({ socketPath: path, method, path: target, agent: false }, async (response) => {
      const text = (await response.toArray()).join('');
      resolve({ status: response.statusCode, body: JSON.parse(text) });
    });
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

test('the socket is for its owner alone, and so is a directory made for it', async (t) => {
  const path = join(await temporaryDirectory(t), 'state/deep/control.sock');
  const before = process.umask(0);
  t.after(() => process.umask(before));
  await open(t, path);
  assert.equal(statSync(path).mode & 0o777, 0o600);
  assert.equal(statSync(join(path, '..')).mode & 0o777, 0o700);
  assert.equal(process.umask(), 0);
});

test('a directory that is there keeps its mode', async (t) => {
  const directory = join(await temporaryDirectory(t), 'run');
  mkdirSync(directory);
  chmodSync(directory, 0o755);
  await open(t, join(directory, 'control.sock'));
  assert.equal(statSync(directory).mode & 0o777, 0o755);
});

test('status comes through the socket unchanged', async (t) => {
  const path = join(await temporaryDirectory(t), 'control.sock');
  const status = fakeStatus(fakeSettings({ state: '/nowhere' }));
  await open(t, path, { status: async () => status });
  assert.deepEqual(await fetchStatus(path), status);
});

test('a process that is still starting says so', async (t) => {
  const path = join(await temporaryDirectory(t), 'control.sock');
  await open(t, path);
  await assert.rejects(fetchStatus(path), { name: 'UserError', code: 'starting' });
});

test('every error of a failed reload arrives as it was thrown', async (t) => {
  const path = join(await temporaryDirectory(t), 'control.sock');
  const first = { code: 'one', at: { file: '/a.yaml', line: 3, column: 7 }, cure: 'do this', exitCode: 2 } as const;
  const reload = async () => {
    throw new AggregateError([new UserError('first', first), new UserError('second', { code: 'two' })]);
  };
  await open(t, path, { reload });
  await assert.rejects(requestReload(path), (error) => {
    assert.ok(error instanceof AggregateError);
    assert.deepEqual(
      error.errors.map(({ message, code, at, cure, exitCode }) => ({ message, code, at, cure, exitCode })),
      [
        { message: 'first', ...first },
        { message: 'second', code: 'two', at: undefined, cure: undefined, exitCode: 1 },
      ],
    );
    return true;
  });
});

test('a defect is told without its stack', async (t) => {
  const path = join(await temporaryDirectory(t), 'control.sock');
  await open(t, path, { reopenLogs: () => Promise.reject(new TypeError('x is not a function')) });
  const { status, body } = await ask(path, 'POST', '/logs/reopen');
  assert.equal(status, 500);
  assert.deepEqual(body, { error: { code: 'internal', message: 'x is not a function' } });
});

test('reopening logs is awaited', async (t) => {
  const path = join(await temporaryDirectory(t), 'control.sock');
  let reopened = false;
  const reopenLogs = async (): Promise<void> => {
    await new Promise((resolve) => setImmediate(resolve));
    reopened = true;
  };
  await open(t, path, { reopenLogs });
  await requestLogReopen(path);
  assert.ok(reopened);
});

test('unknown paths, wrong methods and large bodies are refused as JSON errors', async (t) => {
  const path = join(await temporaryDirectory(t), 'control.sock');
  await open(t, path);
  const codeOf = async (method: string, target: string, body?: string): Promise<unknown> => {
    const answer = await ask(path, method, target, body);
    return [answer.status, (answer.body as { error: { code: string } }).error.code];
  };
  assert.deepEqual(await codeOf('GET', '/'), [404, 'unknown-path']);
  assert.deepEqual(await codeOf('GET', '/constructor'), [404, 'unknown-path']);
  assert.deepEqual(await codeOf('GET', '/stop'), [405, 'wrong-method']);
  assert.deepEqual(await codeOf('POST', '/reload', 'x'.repeat(65_537)), [413, 'body-too-large']);
});

test('bytes that are no HTTP do not disturb the next caller', async (t) => {
  const path = join(await temporaryDirectory(t), 'control.sock');
  await open(t, path);
  const garbage = connect(path);
  garbage.end(Buffer.from([0, 255, 13, 10, 13, 10]));
  await new Promise((resolve) => garbage.resume().once('close', resolve));
  assert.equal((await requestReload(path)).sites, 1);
});

test('a socket in use by this program is an error that names the pid', async (t) => {
  const path = join(await temporaryDirectory(t), 'control.sock');
  await open(t, path);
  await assert.rejects(openControlSocket(path, quiet), (error) => {
    assert.ok(error instanceof UserError);
    assert.equal(error.code, 'already-running');
    assert.ok(error.message.includes(`(pid ${process.pid})`));
    return true;
  });
  assert.equal((await requestReload(path)).sites, 1);
});

test('a socket in use by another program is left alone', async (t) => {
  const path = join(await temporaryDirectory(t), 'control.sock');
  const other: Server = createServer((socket) => socket.on('error', () => {}).end('220 hello\r\n'));
  await new Promise<void>((resolve) => other.listen(path, resolve));
  t.after(() => other.close());
  await assert.rejects(openControlSocket(path, quiet), { code: 'control-in-use' });
  await assert.rejects(fetchStatus(path), { name: 'UserError', code: 'control-unreachable' });
});

test('a file that is no socket is never removed', async (t) => {
  const path = join(await temporaryDirectory(t), 'precious');
  writeFileSync(path, 'data');
  await assert.rejects(openControlSocket(path, quiet), { code: 'control-unusable' });
  assert.equal(statSync(path).size, 4);
});

test('a path too long for a socket is refused by name, not cut short', async (t) => {
  const path = join(await temporaryDirectory(t), 'x'.repeat(120));
  await assert.rejects(openControlSocket(path, quiet), { code: 'control-unusable', message: /107 bytes|103 bytes/ });
});

test('an answer that is not this program’s is not believed', async (t) => {
  const path = join(await temporaryDirectory(t), 'control.sock');
  const other = createServer((socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\n{"pid":"me"}'));
  await new Promise<void>((resolve) => other.listen(path, resolve));
  t.after(() => other.close());
  await assert.rejects(fetchStatus(path), { code: 'control-foreign' });
});
