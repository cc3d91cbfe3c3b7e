import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { startProcess } from '../support/process.ts';
import { sharedScope, temporaryDirectory } from '../support/scope.ts';
import { installPackage, succeed } from './install.ts';

const directory = await temporaryDirectory(sharedScope());
const { program, version } = await installPackage(directory);
const sallyport = (...args: string[]) => succeed(process.execPath, [program, ...args], directory);

test('the packed program tells its version', async () => {
  assert.equal(await sallyport('--version'), `${version}\n`);
});

test('the packed program checks a configuration', async () => {
  await writeFile(join(directory, 'sallyport.yaml'), 'sites: { notes.internal: 8080 }\n');
  assert.match(await sallyport('check', '--offline'), /sallyport\.yaml is valid: 1 site \(notes\.internal\)/);
});

test('the packed program makes the in-house CA', async () => {
  assert.match(await sallyport('ca', 'root', '--state', join(directory, 'state')), /^-----BEGIN CERTIFICATE-----\n/);
});

test('the packed program serves the demo', async () => {
  const anywhere = ['--https', '127.0.0.1:0', '--http', 'off', '--state', join(directory, 'state')];
  const demo = startProcess(process.execPath, [program, 'demo', ...anywhere], { cwd: directory });
  const [, app = ''] = await demo.printed(/App +(http:\S+)/);
  await demo.printed(/^ready https:/m);
  assert.match(await (await fetch(app)).text(), /<title>/);
  assert.equal((await demo.stop()).code, 0);
});
