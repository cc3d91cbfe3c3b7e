/**
 * Makes the program one executable file that needs no Node.js, by Node's own single-executable support: `npm run build:binary` writes
 * `build/sallyport-linux-x64` (or -arm64, as this machine is); `-- --cpu arm64` chooses, `--to DIRECTORY` writes elsewhere.
 */
import { execFileSync } from 'node:child_process';
import { chmodSync, globSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { build } from 'rolldown';
import { programFiles, source } from './program-files.ts';

const root = join(import.meta.dirname, '..');
const runtimes = (
  JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { optionalDependencies: Record<string, string> }
).optionalDependencies;
const { cpu, to } = parseArgs({
  options: { cpu: { type: 'string', default: process.arch }, to: { type: 'string', default: 'build' } },
}).values;
const runtime = `node-linux-${cpu}`;
const version = runtimes[runtime];
if (version === undefined) throw new Error(`--cpu ${cpu}: wanted x64 or arm64`);
if (process.versions.node !== version)
  throw new Error(
    `this is Node.js ${process.versions.node}; the executable is made of ${version} and by it, as \`npm run build:binary\` does`,
  );

const directory = resolve(to);
const work = join(directory, `work-${cpu}`);
const bundle = join(work, 'sallyport.mjs');
const output = join(directory, `sallyport-linux-${cpu}`);
mkdirSync(work, { recursive: true });
await bundleUp('cli/main.ts', bundle, 'esm');
// A thread's code is text there, as CommonJS.
const threads = globSync('**/thread.ts', { cwd: source }).map((file) => file.replace(/\.ts$/, '.cjs'));
for (const file of threads) await bundleUp(file.replace(/\.cjs$/, '.ts'), join(work, file), 'cjs');
// Threads begin in files of their own, and are carried along as text.
const thread = join(work, 'thread.cjs');
await build({
  input: join(source, 'passwords/thread.ts'),
  platform: 'node',
  output: { file: thread, format: 'cjs', codeSplitting: false },
});
const config = {
  main: bundle,
  mainFormat: 'module',
  executable: cpu === process.arch ? process.execPath : foreignNode(),
  output,
  disableExperimentalSEAWarning: true,
  assets: Object.fromEntries([
    ['../package.json', join(root, 'package.json')],
    ['passwords/thread.cjs', thread],
    ...programFiles().map((file) => [file, join(source, file)]),
    ...threads.map((file) => [file, join(work, file)]),
  ]),
};
writeFileSync(join(work, 'sea.json'), JSON.stringify(config));
execFileSync(process.execPath, ['--build-sea', join(work, 'sea.json')], { stdio: ['ignore', 'ignore', 'inherit'] });
chmodSync(output, 0o755);
rmSync(work, { recursive: true });
console.log(`wrote ${output} (${Math.round(statSync(output).size / 1024 / 1024)} MiB)`);

/** One file out of a module below `src` and all that it imports. */
async function bundleUp(module: string, file: string, format: 'esm' | 'cjs'): Promise<void> {
  await build({ input: join(source, module), platform: 'node', output: { file, format, codeSplitting: false } });
}

/** The other processor's Node.js, which `npm ci` does not install here: from npm, and just what the lock file says. */
function foreignNode(): string {
  const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, { integrity?: string }>;
  };
  const pack = ['pack', `${runtime}@${version}`, '--json', '--pack-destination', work];
  const [packed] = JSON.parse(execFileSync('npm', pack, { encoding: 'utf8' })) as {
    filename: string;
    integrity: string;
  }[];
  const wanted = lock.packages[`node_modules/${runtime}`]?.integrity;
  if (packed === undefined || packed.integrity !== wanted)
    throw new Error(`npm gives another ${runtime} ${version} than package-lock.json names`);
  execFileSync('tar', ['-xzf', join(work, packed.filename), '-C', work, 'package/bin/node']);
  return join(work, 'package/bin/node');
}
