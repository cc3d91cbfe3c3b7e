import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runProcess } from './process.ts';
import { type Scope, temporaryDirectory } from './scope.ts';

/** Why no {@link runInMachine} can be had here, as a test's `skip`; false when it can. */
export async function noMachineHere(): Promise<string | false> {
  if (process.geteuid?.() !== 0) return 'only root can boot a machine';
  const place = 'mount -t tmpfs none /mnt && mkdir /mnt/1 /mnt/2 /mnt/3';
  const overlay = 'mount -t overlay none -o lowerdir=/etc,upperdir=/mnt/1,workdir=/mnt/2 /mnt/3';
  const { code, stderr } = await runProcess('unshare', ['-m', 'sh', '-c', `${place} && ${overlay}`]);
  return code === 0 ? false : `no overlay can be mounted here: ${stderr.trim()}`;
}

/** The machine's files are the real ones but for those of a Sallyport that is used here, whatever is written stays in memory; it has no network but its own loopback. */
const boot = `set -e
d=$1/machine; mkdir $d; mount -t tmpfs none $d; mkdir $d/upper $d/work $d/root
mount -t overlay none -o lowerdir=/,upperdir=$d/upper,workdir=$d/work $d/root
cp $1/script $d/root/root/script
rm -f $d/root/usr/sbin/policy-rc.d
rm -rf $d/root/var/lib/sallyport $d/root/etc/sallyport
cat > $d/root/etc/systemd/system/trial.service <<'unit'
[Unit]
After=basic.target dbus.service
Wants=dbus.service
[Service]
Type=oneshot
ExecStart=/bin/bash /root/script
StandardOutput=append:/root/output
StandardError=inherit
ExecStopPost=/bin/systemctl --no-block exit 0
unit
timeout -s KILL 280 systemd-nspawn --register=no --keep-unit --link-journal=no --console=pipe --quiet --directory=$d/root \\
  --private-network --bind-ro=$2:/root/brought --boot systemd.unit=trial.service </dev/null >$1/console 2>&1 || :
cat $d/upper/root/output`;

/**
 * Boots a machine of its own, this Debian with systemd, whose files no one else sees change, and runs a bash script in it as root. The
 * directory `brought` is /root/brought there. A line \`say WORD\` of the script begins a section: resolves with what was printed in each.
 */
export async function runInMachine(scope: Scope, brought: string, script: string): Promise<Map<string, string>> {
  const directory = await temporaryDirectory(scope);
  await chmod(directory, 0o755);
  await writeFile(join(directory, 'script'), `say() { echo "== $1"; }\nexport SYSTEMD_PAGER=\nexec 2>&1\n${script}`);
  const { code, stdout, stderr } = await runProcess('unshare', ['-m', 'bash', '-c', boot, 'boot', directory, brought], {
    milliseconds: 300_000,
  });
  if (code !== 0) {
    const console = await readFile(join(directory, 'console'), 'utf8').catch(() => '');
    throw new Error(`the machine did not start: ${stderr}\n${console}`);
  }
  return new Map(stdout.split(/^== /m).slice(1).map(section));
}

function section(text: string): [string, string] {
  const end = text.indexOf('\n');
  return [text.slice(0, end), text.slice(end + 1)];
}
