import assert from 'node:assert/strict';
import { mkdir, readFile, symlink } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { runProcess } from '../support/process.ts';

const checkout = resolve(import.meta.dirname, '../..');
const manifest = JSON.parse(await readFile(join(checkout, 'package.json'), 'utf8')) as {
  version: string;
  bin: string;
  dependencies: Record<string, string>;
};

export interface InstalledPackage {
  readonly version: string;
  /** The file that `npm pack` made. */
  readonly tarball: string;
  /** The `node_modules` it is in. */
  readonly modules: string;
  /** The program's entry. */
  readonly program: string;
}

/** Runs a command to its end and gives what it printed; fails unless it succeeds. */
export async function succeed(command: string, args: readonly string[], cwd: string): Promise<string> {
  const { code, stdout, stderr } = await runProcess(command, args, { cwd, milliseconds: 120_000 });
  assert.equal(code, 0, stdout + stderr);
  return stdout;
}

/**
 * Puts the package that would be published where `npm install` in `directory` would; its dependencies, and nothing else, are the
 * checkout's. Packing builds `dist`, so only one test does it at a time.
 */
export async function installPackage(directory: string): Promise<InstalledPackage> {
  const { version, dependencies, bin } = manifest;
  await succeed('flock', [join(checkout, 'package.json'), 'npm', 'pack', '--pack-destination', directory], checkout);
  const tarball = join(directory, `sallyport-${version}.tgz`);
  const modules = join(directory, 'node_modules');
  await mkdir(modules);
  await succeed('tar', ['-xzf', tarball, '-C', modules], directory);
  await succeed('mv', ['package', 'sallyport'], modules);
  for (const name of Object.keys(dependencies)) {
    await mkdir(dirname(join(modules, name)), { recursive: true });
    await symlink(join(checkout, 'node_modules', name), join(modules, name));
  }
  return { version, tarball, modules, program: join(modules, 'sallyport', bin) };
}
