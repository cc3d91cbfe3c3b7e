import assert from 'node:assert/strict';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { needs } from '../support/parts.ts';
import { type RunningProcess, startProcess } from '../support/process.ts';
import { startSallyport } from '../support/sallyport.ts';
import { temporaryDirectory } from '../support/scope.ts';

const parts = needs('python3', 'systemd-notify');

/** A datagram socket as systemd's, and what was sent to it. */
async function receiver(t: TestContext): Promise<{ socket: string; systemd: RunningProcess }> {
  const socket = join(await temporaryDirectory(t), 'notify');
  const systemd = startProcess('python3', [join(import.meta.dirname, 'notify_receiver.py'), socket]);
  t.after(async () => void (await systemd.stop()));
  await systemd.printed(/^listening$/m);
  return { socket, systemd };
}

const yaml = 'listen: { http: false, https: "127.0.0.1:0" }\nsites: { a.internal: 8080 }\n';

test('systemd is told when the service serves, reloads and stops', parts, async (t) => {
  const { socket, systemd } = await receiver(t);
  const gate = await startSallyport(t, yaml, { env: { NOTIFY_SOCKET: socket } });
  const serving = `"READY=1", "MAINPID=${gate.pid}", "STATUS=Serving 1 site on https:`;
  await systemd.printed(new RegExp(`^\\[${serving}`, 'm'));
  assert.equal((await gate.reload(`${yaml.trim().slice(0, -2)}, b.internal: 8080 }\n`)).code, 0);
  await systemd.printed(/^\["RELOADING=1", "MONOTONIC_USEC=\d+"\]\n.*"STATUS=Serving 2 sites/m);
  await gate.stop();
  await systemd.printed(/^\["STOPPING=1"/m);
  assert.doesNotMatch(systemd.stdout(), /WATCHDOG/);
});

test('a refused reload ends as ready, too', parts, async (t) => {
  const { socket, systemd } = await receiver(t);
  const gate = await startSallyport(t, yaml, { env: { NOTIFY_SOCKET: socket } });
  assert.equal((await gate.reload('sites: {}\n')).code, 2);
  await systemd.printed(/^\["RELOADING=1".*\n\["READY=1", .*"STATUS=Serving 1 site /m);
});

test('the watchdog is fed as often as it asks for, and only by the process it watches', parts, async (t) => {
  const { socket, systemd } = await receiver(t);
  const env = { NOTIFY_SOCKET: socket, WATCHDOG_USEC: '400000' };
  const other = await startSallyport(t, yaml, { env: { ...env, WATCHDOG_PID: '1' } });
  await other.stop();
  assert.doesNotMatch(systemd.stdout(), /WATCHDOG/);
  await startSallyport(t, yaml, { env });
  await systemd.printed(/(?:WATCHDOG=1[\s\S]*){2}/);
});

test('a service that systemd does not hear serves all the same, and says so', parts, async (t) => {
  const gate = await startSallyport(t, yaml, { env: { NOTIFY_SOCKET: '/nonexistent/notify' } });
  await gate.process.printed(/systemd cannot be told how the service does/);
});
