import assert from 'node:assert/strict';
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { test } from 'node:test';
import { runProcess, startProcess } from '../support/process.ts';
import { sharedScope, temporaryDirectory } from '../support/scope.ts';

const checkout = resolve(import.meta.dirname, '../..');
const scope = sharedScope();
const directory = await temporaryDirectory(scope);
const manifest = JSON.parse(await readFile(join(checkout, 'package.json'), 'utf8')) as {
  version: string;
  bin: string;
  dependencies: Record<string, string>;
};

async function succeed(command: string, args: readonly string[], cwd: string): Promise<string> {
  const { code, stdout, stderr } = await runProcess(command, args, { cwd, milliseconds: 60_000 });
  assert.equal(code, 0, stdout + stderr);
  return stdout;
}

/** Puts the package that would be published where `npm install` would; its dependencies, and nothing else, are the checkout's. */
async function install(): Promise<string> {
  await succeed('npm', ['pack', '--pack-destination', directory], checkout);
  const modules = join(directory, 'node_modules');
  await mkdir(modules);
  await succeed('tar', ['-xzf', join(directory, `sallyport-${manifest.version}.tgz`), '-C', modules], directory);
  await succeed('mv', ['package', 'sallyport'], modules);
  for (const name of Object.keys(manifest.dependencies)) {
    await mkdir(dirname(join(modules, name)), { recursive: true });
    await symlink(join(checkout, 'node_modules', name), join(modules, name));
  }
  return join(modules, 'sallyport', manifest.bin);
}

const program = await install();
const sallyport = (...args: string[]) => succeed(process.execPath, [program, ...args], directory);

test('the packed program tells its version', async () => {
  assert.equal(await sallyport('--version'), `${manifest.version}\n`);
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
