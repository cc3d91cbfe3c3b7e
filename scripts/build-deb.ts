/**
 * Makes the Debian package of this machine's processor: `npm run build:deb` writes `build/sallyport_VERSION_amd64.deb` (or arm64);
 * `-- --cpu arm64` chooses, `--to DIRECTORY` writes elsewhere. Wants Debian's `debhelper` and `dpkg-dev`.
 */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { buildProgram } from '../src/cli/program.ts';
import { realParts } from '../src/cli/settings.ts';
import { processTerminal } from '../src/cli/terminal.ts';
import { settingsFromObject } from '../src/control/config/read-settings.ts';
import { serviceUnit } from '../src/gateway/systemd/unit.ts';
import { version } from '../src/model/version.ts';
import { manPage } from './man-page.ts';

const root = join(import.meta.dirname, '..');
const { cpu, to } = parseArgs({
  options: { cpu: { type: 'string', default: process.arch }, to: { type: 'string', default: 'build' } },
}).values;
const architecture = cpu === 'x64' ? 'amd64' : cpu;
const directory = resolve(to);
const stage = join(directory, `deb-${cpu}`, `sallyport-${version}`);
const config = '/etc/sallyport/sallyport.yaml';
const now = new Date();

rmSync(dirname(stage), { recursive: true, force: true });
mkdirSync(stage, { recursive: true });
const put = (name: string, text: string): void => writeFileSync(join(stage, name), text);

cpSync(join(root, 'packaging/debian'), join(stage, 'debian'), { recursive: true });
for (const name of ['docs', 'README.md', 'CHANGELOG.md'])
  cpSync(join(root, name), join(stage, name), { recursive: true });
cpSync(join(root, 'examples/sallyport.yaml'), join(stage, 'sallyport.yaml'));
cpSync(join(root, `node_modules/node-linux-${process.arch}/LICENSE`), join(stage, 'LICENSE.node'));
execFileSync(process.execPath, [join(root, 'scripts/build-binary.ts'), '--cpu', cpu, '--to', stage], {
  stdio: 'inherit',
});
renameSync(join(stage, `sallyport-linux-${cpu}`), join(stage, 'sallyport'));

const program = buildProgram({ parts: realParts, terminal: processTerminal(), exitWith() {} });
put('sallyport.1', manPage(program, { version, date: now.toISOString().slice(0, 10) }));
put('debian/sallyport.service', packagedUnit());
put(
  'debian/changelog',
  `sallyport (${version}) unstable; urgency=medium\n\n  * See CHANGELOG.md.\n\n -- Sallyport maintainers <maintainers@sallyport.invalid>  ${now.toUTCString().replace('GMT', '+0000')}\n`,
);

const foreign = cpu === process.arch ? [] : ['--host-arch', architecture, '-d'];
execFileSync('dpkg-buildpackage', ['-b', '-us', '-uc', ...foreign], {
  cwd: stage,
  stdio: ['ignore', 'ignore', 'inherit'],
});
const name = `sallyport_${version}_${architecture}.deb`;
renameSync(join(dirname(stage), name), join(directory, name));
rmSync(dirname(stage), { recursive: true });
console.log(`wrote ${join(directory, name)}`);

/** The unit waits for a configuration: there is none yet when the package is installed. */
function packagedUnit(): string {
  const { settings } = settingsFromObject({ state: '/var/lib/sallyport', sites: { localhost: 8080 } });
  const program = ['/usr/bin/sallyport'];
  const unit = serviceUnit(settings, { program, config, user: 'sallyport', socketActivation: false });
  return unit.replace('[Unit]\n', `[Unit]\nConditionPathExists=${config}\n`);
}
