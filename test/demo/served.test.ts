import assert from 'node:assert/strict';
import { test } from 'node:test';
import { needs } from '../support/parts.ts';
import { runProcess } from '../support/process.ts';
import { runSallyport, startSallyport } from '../support/sallyport.ts';
import { type Scope, temporaryDirectory } from '../support/scope.ts';

interface Demo {
  readonly root: string;
  readonly state: string;
  readonly output: string;
}

async function startDemo(scope: Scope): Promise<Demo> {
  const state = await temporaryDirectory(scope);
  const args = ['demo', '--https', '127.0.0.1:0', '--http', '127.0.0.1:0', '--state', state];
  const running = await startSallyport(scope, args);
  const output = running.output();
  const root = /^ +Root +(\/.*)$/m.exec(output)?.[1] ?? '';
  return { root, state, output };
}

test('the printed curl line works as it is pasted', needs('curl'), async (t) => {
  const { output } = await startDemo(t);
  const line = /^ +Try +(curl .*)$/m.exec(output)?.[1] ?? '';
  const { code, stdout, stderr } = await runProcess('sh', ['-c', line]);
  assert.equal(code, 0, stderr);
  assert.match(stdout, /<td>x-forwarded-proto<\/td><td>https<\/td>/i);
});

test('`ca root` prints the root the demo is served with', async (t) => {
  const { root, state } = await startDemo(t);
  const { code, stdout } = await runSallyport(['ca', 'root', '--state', state, '--json']);
  assert.equal(code, 0);
  const { path, pem }: { path: string; pem: string } = JSON.parse(stdout);
  assert.equal(path, root);
  assert.match(pem, /^-----BEGIN CERTIFICATE-----\n/);
});
