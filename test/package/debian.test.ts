import assert from 'node:assert/strict';
import { chmod, mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { noMachineHere, runInMachine } from '../support/machine.ts';
import { needs } from '../support/parts.ts';
import { runProcess } from '../support/process.ts';
import { sharedScope, temporaryDirectory } from '../support/scope.ts';
import { succeed } from './install.ts';

const checkout = resolve(import.meta.dirname, '../..');
const tools = needs('dh', 'dpkg-buildpackage', 'man', 'systemd-nspawn', 'curl');
const scope = sharedScope();

/** What a machine goes through with the package: each `say` begins what one of the tests below looks at. */
const life = `
say install
dpkg -i /root/brought/*.deb && systemctl is-enabled sallyport
systemctl show -P ConditionResult sallyport; stat -c '%A %U %G' /etc/sallyport
say manual
man -P cat sallyport | head -5
say start
cat > /etc/sallyport/sallyport.yaml <<yaml
sites:
  notes.internal: { routes: { /: { redirect: https://elsewhere.test/ } } }
yaml
chmod 640 /etc/sallyport/sallyport.yaml
systemctl start sallyport; echo "start $?"
systemctl show -P StatusText sallyport
say rights
main() { systemctl show -P MainPID sallyport; }
grep -E '^(Uid|CapEff|CapBnd|NoNewPrivs)' /proc/$(main)/status; id -u sallyport
say keys
find /var/lib/sallyport/ -name '*key*' -type f -exec stat -c '%a %U' {} + | sort -u
say ask
sallyport ca root > /root/root.pem
ask() { curl -sS --max-time 20 --cacert /root/root.pem --resolve notes.internal:443:127.0.0.1 -o /dev/null -w '%{http_code}\\n' https://notes.internal/; }
ask
say reload
echo '  b.internal: 8080' >> /etc/sallyport/sallyport.yaml
systemctl reload sallyport; echo "reload $?"; systemctl show -P StatusText sallyport
echo 'nonsense: 1' >> /etc/sallyport/sallyport.yaml
systemctl reload sallyport; echo "reload $?"; systemctl is-active sallyport; ask
sed -i '/nonsense/d' /etc/sallyport/sallyport.yaml
say watchdog
mkdir /run/systemd/system/sallyport.service.d
printf '[Service]\\nWatchdogSec=2\\n' > /run/systemd/system/sallyport.service.d/soon.conf
systemctl daemon-reload; systemctl restart sallyport; before=$(main)
kill -STOP $before
until [ "$(systemctl show -P NRestarts sallyport)" = 1 ] && systemctl is-active -q sallyport; do sleep 0.2; done
[ $(main) != $before ] && ask
rm -r /run/systemd/system/sallyport.service.d
say unreadable
sallyport service install --dynamic
say dynamic
systemctl stop sallyport
chmod 755 /etc/sallyport; chmod 644 /etc/sallyport/sallyport.yaml
sallyport service install --dynamic && systemctl start sallyport; echo "start $?"
stat -c '%U' /proc/$(main); ask; ls -ld /var/lib/sallyport
say upgrade
systemctl stop sallyport; sallyport service install; systemctl restart sallyport; before=$(main)
(sleep 1; sallyport upgrade > /root/upgraded 2>&1; echo "upgrade $?" >> /root/upgraded; touch /root/through) &
until [ -e /root/through ]; do ask; done | sort | uniq -c
cat /root/upgraded
[ $(main) != $before ] && tr '\\0' ' ' < /proc/$(main)/cmdline && echo
systemctl is-active sallyport; systemctl reload sallyport; echo "reload $?"; ask
until [ ! -e /proc/$before ]; do sleep 0.1; done; systemctl is-active sallyport; ask
say reinstall
before=$(main)
(dpkg -i /root/brought/*.deb > /root/reinstalled 2>&1; touch /root/installed) &
until [ -e /root/installed ]; do ask; done | sort | uniq -c
[ $(main) != $before ] && grep ' serves ' /root/reinstalled && systemctl is-active sallyport
say sockets
systemctl stop sallyport
sallyport service install --socket-activation && systemctl start sallyport.socket; echo "start $?"
systemctl is-active sallyport; ask; systemctl start sallyport; systemctl is-active sallyport
grep -E '^Cap(Eff|Bnd)' /proc/$(main)/status
(sleep 1; systemctl restart sallyport; touch /root/restarted) &
until [ -e /root/restarted ]; do ask; done | sort | uniq -c
say uninstall
sallyport service uninstall; echo "uninstall $?"
ls /etc/systemd/system/sallyport*
say remove
dpkg -r sallyport; ls /usr/bin/sallyport /var/lib/sallyport/authority/root.pem
say purge
dpkg -P sallyport; ls -d /var/lib/sallyport /etc/sallyport/sallyport.yaml /lib/systemd/system/sallyport.service; systemctl status sallyport
`;

const directory = await temporaryDirectory(scope);
await chmod(directory, 0o755);
const missing = tools.skip || (await noMachineHere());

/** What was printed in a part of {@link life}. */
let told: Promise<Map<string, string>> | undefined;
async function after(part: string): Promise<string> {
  told ??= live();
  return (await told).get(part) ?? '';
}

async function build(): Promise<string> {
  const env = { SALLYPORT_DEB_COMPRESSION: 'none' };
  const args = ['run', 'build:deb', '--', '--to', directory];
  const { code, stdout, stderr } = await runProcess('npm', args, { cwd: checkout, env, milliseconds: 180_000 });
  assert.equal(code, 0, stdout + stderr);
  return /^wrote (.*\.deb)$/m.exec(stdout)?.[1] ?? '';
}

async function live(): Promise<Map<string, string>> {
  const brought = join(directory, 'brought');
  await mkdir(brought);
  await succeed('ln', [await build(), brought], directory);
  return runInMachine(scope, brought, life);
}

const onMachine = { skip: missing };

test('the package installs, makes its user, and waits for a configuration', onMachine, async () => {
  assert.match(await after('install'), /\nenabled\nno\ndrwxr-s--- root sallyport\n$/);
});

test('the package brings a manual page', onMachine, async () => {
  assert.match(await after('manual'), /^SALLYPORT\(1\).*\n\nNAME\n +sallyport - HTTPS in front of an app/);
});

test('systemctl start returns when connections are accepted, and its status says where', onMachine, async () => {
  assert.equal(await after('start'), 'start 0\nServing 1 site on https://[::]:443 http://[::]:80\n');
  assert.equal(await after('ask'), '302\n');
});

test(
  'the service runs as its user with the one right to bind low ports; keys are only for that user',
  onMachine,
  async () => {
    const rights = await after('rights');
    const uid = rights.trim().split('\n').at(-1);
    assert.match(rights, new RegExp(`^Uid:\t${uid}\t${uid}\t${uid}\t${uid}$`, 'm'));
    for (const set of ['CapEff', 'CapBnd']) assert.match(rights, new RegExp(`^${set}:\t0{13}400$`, 'm'));
    assert.match(rights, /^NoNewPrivs:\t1$/m);
    assert.equal(await after('keys'), '600 sallyport\n');
  },
);

test(
  'systemctl reload takes up a changed configuration, and fails for an invalid one while the old one serves',
  onMachine,
  async () => {
    assert.match(await after('reload'), /^reload 0\nServing 2 sites .*\n(?:.*\n)*reload 1\nactive\n302\n$/);
  },
);

test('a service that hangs is killed by the watchdog and serves again', onMachine, async () => {
  assert.equal(await after('watchdog'), '302\n');
});

test('service install --dynamic runs it as a user that systemd makes up, with the same state', onMachine, async () => {
  assert.match(await after('dynamic'), /\nstart 0\nsallyport\n302\n.*\/var\/lib\/sallyport -> private\/sallyport\n$/);
});

test('service install warns of what its user cannot read', onMachine, async () => {
  assert.match(
    await after('unreadable'),
    /warning: the user nobody cannot read \/etc\/sallyport\/sallyport\.yaml\n +cure: /,
  );
});

test('after an upgrade systemd looks after the new process, and nobody was refused', onMachine, async () => {
  assert.match(
    await after('upgrade'),
    /\n +\d+ 302\n(?:.*\n)*upgrade 0\n.* run -c .*\nactive\nreload 0\n302\nactive\n302\n$/,
  );
});

test('a new package hands over to the new program, and nobody was refused', onMachine, async () => {
  assert.match(await after('reinstall'), /^ +\d+ 302\nversion \S+ serves .*\nactive\n$/);
});

test('with sockets from systemd it has no rights at all, and a restart refuses nobody', onMachine, async () => {
  const sockets = await after('sockets');
  assert.match(sockets, /\nstart 0\ninactive\n302\nactive\nCapEff:\t0{16}\nCapBnd:\t0{16}\n +\d+ 302\n$/);
});

test('service uninstall takes the unit away', onMachine, async () => {
  assert.match(
    await after('uninstall'),
    /removed \/etc\/systemd\/system\/sallyport\.service\n(?:.*\n)*uninstall 0\nls: /,
  );
});

test('removing the package keeps the state; purging it keeps nothing but the file you wrote', onMachine, async () => {
  const removed = await after('remove');
  assert.match(removed, /cannot access '\/usr\/bin\/sallyport'/);
  assert.match(removed, /^\/var\/lib\/sallyport\/authority\/root\.pem$/m);
  const purged = await after('purge');
  for (const path of ['/var/lib/sallyport', '/lib/systemd/system/sallyport.service'])
    assert.ok(purged.includes(`cannot access '${path}'`), purged);
  assert.match(purged, /^\/etc\/sallyport\/sallyport\.yaml$/m);
  assert.match(purged, /could not be found/);
});
