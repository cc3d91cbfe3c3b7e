import assert from 'node:assert/strict';
import { rm, symlink, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { followGuide } from '../guides/follow.ts';
import { onFreePort } from '../support/ports.ts';
import { runProcess } from '../support/process.ts';
import { sharedScope, temporaryDirectory } from '../support/scope.ts';
import { installPackage } from './install.ts';

const bin = resolve(import.meta.dirname, '../../node_modules/.bin');
const scope = sharedScope();
const directory = await temporaryDirectory(scope);
const { modules, tarball } = await installPackage(directory);

test('the page about the interface for programs', async (t) => {
  const useInstalled = async (guide: string): Promise<void> => {
    await rm(join(guide, 'node_modules'));
    await symlink(modules, join(guide, 'node_modules'));
  };
  await onFreePort((app) =>
    onFreePort((port) => followGuide(t, 'docs/api.md', { ports: { 8080: app, 8443: port }, prepare: useInstalled })),
  );
});

/** What the TypeScript compiler says about a program that uses the package; '' when it is content. */
async function compile(name: string, text: string): Promise<string> {
  const file = join(directory, name);
  await writeFile(file, text);
  const options = ['--noEmit', '--strict', '--module', 'nodenext', '--target', 'esnext', '--types', ''];
  return (await runProcess(join(bin, 'tsc'), [...options, file], { cwd: directory })).stdout;
}

test('a program is checked against the keys of the configuration', async () => {
  const use = (site: string) => `import { createGateway, type Config } from 'sallyport';
const config: Config = { sites: { 'notes.internal': ${site} } };
export const names: readonly string[] = (await createGateway(config).status()).sites.map((one) => one.name);\n`;
  assert.equal(await compile('right.mts', use("{ to: 8080, aliases: ['www.notes.internal'] }")), '');
  assert.match(await compile('wrong.mts', use("{ to: 8080, alias: ['www.notes.internal'] }")), /wrong\.mts.*'alias'/s);
});

test('publint and arethetypeswrong find nothing wrong with the package', async () => {
  const lint = await runProcess(join(bin, 'publint'), [tarball, '--strict'], { cwd: directory });
  assert.equal(lint.code, 0, lint.stdout + lint.stderr);
  const types = await runProcess(join(bin, 'attw'), [tarball, '--profile', 'esm-only'], { cwd: directory });
  assert.equal(types.code, 0, types.stdout + types.stderr);
});
