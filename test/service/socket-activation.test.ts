import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { needs } from '../support/parts.ts';
import { freePort, onFreePort } from '../support/ports.ts';
import { type RunningProcess, runProcess, startProcess } from '../support/process.ts';
import { sallyportEntry } from '../support/sallyport.ts';
import { temporaryDirectory } from '../support/scope.ts';

const parts = needs('systemd-socket-activate', 'curl');

/** systemd's own program that listens as a socket unit does, and starts a service at the first connection. */
async function activate(t: TestContext, yaml: string, ports: readonly number[]): Promise<RunningProcess> {
  const directory = await temporaryDirectory(t);
  const config = join(directory, 'sallyport.yaml');
  await writeFile(
    config,
    `${yaml}\nstate: state\nsites: { a.internal: { routes: { /: { redirect: https://b.test/ } } } }\n`,
  );
  const listen = ports.flatMap((port) => ['-l', `127.0.0.1:${port}`]);
  const program = [process.execPath, sallyportEntry, 'run', '-c', config];
  const started = startProcess('systemd-socket-activate', [...listen, ...program], { cwd: directory });
  t.after(async () => void (await started.stop()));
  await started.printed(new RegExp(`Listening on .*:${ports.at(-1)}`));
  return started;
}

async function ask(port: number): Promise<string> {
  const place = ['--connect-to', `:443:127.0.0.1:${port}`, 'https://a.internal/'];
  const { stdout, stderr } = await runProcess('curl', [
    '-sSk',
    '--max-time',
    '20',
    '-o',
    '/dev/null',
    '-w',
    '%{http_code}',
    ...place,
  ]);
  return stdout + stderr;
}

for (const [workers, who] of [
  [1, 'one process'],
  [2, 'two workers'],
] as const) {
  test(`the connection that starts the service is served, and those after it: ${who}`, parts, (t) =>
    onFreePort(async (port) => {
      const listen = `listen: { http: false, https: "127.0.0.1:${port}" }`;
      const gate = await activate(t, `${listen}\nworkers: ${workers}`, [port]);
      assert.equal(await ask(port), '302', gate.stderr());
      await gate.printed(new RegExp(`^ready https://127.0.0.1:${port}$`, 'm'));
      assert.equal(await ask(port), '302');
    }),
  );
}

test('an address that systemd does not listen on is bound, one that is not configured is told', parts, (t) =>
  onFreePort(async (port) => {
    const [other, unwanted] = [await freePort(), await freePort()];
    const listen = `listen: { http: false, https: ["127.0.0.1:${port}", "127.0.0.1:${other}"] }`;
    const gate = await activate(t, listen, [port, unwanted]);
    assert.equal(await ask(port), '302');
    assert.equal(await ask(other), '302');
    await gate.printed(new RegExp(`systemd listens where .*port=${unwanted}`));
  }),
);

test('sockets that were passed to another process are not taken', parts, async (t) => {
  const directory = await temporaryDirectory(t);
  await writeFile(
    join(directory, 'sallyport.yaml'),
    'listen: { http: false, https: "127.0.0.1:0" }\nstate: state\nsites: { a.internal: 80 }\n',
  );
  const env = { LISTEN_PID: '1', LISTEN_FDS: '1' };
  const gate = startProcess(process.execPath, [sallyportEntry, 'run'], { cwd: directory, env });
  t.after(async () => void (await gate.stop()));
  await gate.printed(/^ready /m);
  assert.doesNotMatch(gate.stderr(), /systemd/);
});
