// biome-ignore-all lint/suspicious/noTemplateCurlyInString: variables of compose files
import assert from 'node:assert/strict';
import { chmod, readFile, stat, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { before, test } from 'node:test';
import type { AuditFinding, AuditReport } from '../../src/audit/finding.ts';
import { needs } from '../support/parts.ts';
import { freePort } from '../support/ports.ts';
import { type Finished, runProcess, startProcess } from '../support/process.ts';
import { sallyportEntry } from '../support/sallyport.ts';
import { sharedScope, temporaryDirectory } from '../support/scope.ts';

const scope = sharedScope();
let directory = '';
const ports = { everywhere: 0, loopback: 0, ipv6: 0 };

const addresses = Object.values(networkInterfaces()).flatMap((all) => all ?? []);
const own = addresses.find(({ internal, family }) => !internal && family === 'IPv4')?.address;
const hasIpv6 = addresses.some(({ address }) => address === '::1');

/** Python's own server on a free port of `address`. */
async function serve(address: string): Promise<number> {
  const python = startProcess('python3', ['-m', 'http.server', '--bind', address, '0'], {
    cwd: directory,
    env: { PYTHONUNBUFFERED: '1' },
  });
  scope.after(async () => void (await python.stop()));
  const [, port] = await python.printed(/ port (\d+)/);
  return Number(port);
}

before(async () => {
  directory = await temporaryDirectory(scope);
  // Whoever may not pass through the directory could connect to no socket in it.
  await chmod(directory, 0o755);
  const bound = await Promise.all([serve('0.0.0.0'), serve('127.0.0.1'), hasIpv6 ? serve('::') : 0]);
  [ports.everywhere, ports.loopback, ports.ipv6] = bound;
  const input = 'correct horse\n';
  const added = await runProcess(process.execPath, [sallyportEntry, 'user', 'add', 'users.htpasswd', 'alice'], {
    cwd: directory,
    input,
  });
  assert.equal(added.code, 0, added.stderr);
});

function sallyport(args: readonly string[], cwd = directory): Promise<Finished> {
  return runProcess(process.execPath, [sallyportEntry, ...args], { cwd });
}

interface Audited extends AuditReport {
  readonly code: number | null;
  find(code: string, subject?: string): AuditFinding | undefined;
}

/** `sallyport audit --json` with the configuration `yaml`. */
async function audit(yaml: string, args: readonly string[] = [], cwd = directory): Promise<Audited> {
  await writeFile(join(cwd, 'audited.yaml'), `state: ./state\n${yaml}`);
  const { code, stdout, stderr } = await sallyport(['audit', '--json', '-c', 'audited.yaml', ...args], cwd);
  assert.notEqual(stdout, '', stderr);
  const report: AuditReport = JSON.parse(stdout);
  const find = (wanted: string, subject = ''): AuditFinding | undefined =>
    report.findings.find((one) => one.code === wanted && one.subject.includes(subject));
  return { ...report, code, find };
}

test(
  'apps on every address are found, with who they are and what they answer there; those on loopback are not',
  needs('python3'),
  async () => {
    const { code, findings, find, notLookedAt } = await audit(`sites:
  open.internal: { to: ${ports.everywhere}, auth: { basic: users.htpasswd } }
  shut.internal: ${ports.loopback}
${hasIpv6 ? `  six.internal: "[::1]:${ports.ipv6}"\n` : ''}`);
    assert.equal(code, 1);
    const wanted = own === undefined ? 'listens-everywhere' : 'reachable';
    const open = find(wanted, 'open.internal');
    assert.equal(open?.level, 'error', JSON.stringify(findings));
    assert.match(open.evidence, /python3\S* -m http\.server \(pid \d+.*\) listens on every address \(0\.0\.0\.0\)/);
    if (own !== undefined) {
      const answer = `${own}:${ports.everywhere} answers 200 without the password that the gate asks for`;
      assert.ok(open.evidence.includes(answer), open.evidence);
      assert.match(open.cause, /around its password/);
    }
    assert.equal(find('loopback-only', 'shut.internal')?.level, 'ok');
    if (hasIpv6) assert.match(find(wanted, 'six.internal')?.evidence ?? '', /every address \(::\)/);
    assert.match(notLookedAt.join('\n'), /firewalls: each address was tried from this machine itself/);
  },
);

test('with all apps on loopback nothing is found, and the exit code is 0', needs('python3'), async () => {
  const { code, findings } = await audit(`sites: { shut.internal: ${ports.loopback} }\n`);
  assert.deepEqual([code, findings.filter(({ level }) => level !== 'ok')], [0, []]);
});

test('on a machine with loopback only the audit says that nothing could be tried', needs('python3'), async (t) => {
  const script = `ip link set lo up 2>/dev/null
    python3 -u -m http.server --bind 0.0.0.0 18080 >listening 2>&1 &
    until grep -q Serving listening; do sleep 0.05; done
    printf 'state: ./state\\nsites: { open.internal: 18080 }\\n' >alone.yaml
    "$@" audit --json -c alone.yaml; code=$?; kill $!; exit $code`;
  const asRoot = process.geteuid?.() === 0;
  const command = [
    '--net',
    ...(asRoot ? [] : ['--user', '--map-root-user']),
    'sh',
    '-c',
    script,
    'sh',
    process.execPath,
    sallyportEntry,
  ];
  const { code, stdout, stderr } = await runProcess('unshare', command, { cwd: directory });
  if (!asRoot && stderr.startsWith('unshare:')) return t.skip(`this user may make no network: ${stderr.trim()}`);
  assert.equal(code, 1, stderr);
  const report: AuditReport = JSON.parse(stdout);
  assert.equal(report.findings.find(({ level }) => level === 'error')?.code, 'listens-everywhere', stdout);
  assert.match(report.notLookedAt.join('\n'), /this machine has none but loopback now/);
});

test('a socket is open or shut by its mode, and an app that is not there is told as such', async (t) => {
  for (const mode of [0o777, 0o660]) {
    const server: Server = createServer((_, response) => response.end());
    const path = join(directory, `app-${mode.toString(8)}.sock`);
    await new Promise<void>((resolve) => server.listen(path, resolve));
    t.after(() => server.close());
    await chmod(path, mode);
  }
  const { code, find } = await audit(`sites:
  open.internal: unix:${directory}/app-777.sock
  shut.internal: unix:${directory}/app-660.sock
  gone.internal: ${await freePort()}
`);
  assert.equal(code, 1);
  assert.equal(find('socket-open', 'open.internal')?.evidence, 'mode 0777');
  assert.equal(find('socket-closed', 'shut.internal')?.evidence, 'mode 0660');
  assert.equal(find('app-silent', 'gone.internal')?.level, 'warning');
});

test('what the configuration leaves open is found', async () => {
  const { code, find } = await audit(`listen: { http: "127.0.0.1:0", https: "127.0.0.1:0" }
trustedProxies: [0.0.0.0/0]
sites:
  far.internal: 198.51.100.7:80
  safe.internal: https://198.51.100.7
  plain.internal: { to: ${ports.loopback}, tls: off, allow: [10.0.0.0/8] }
`);
  assert.equal(code, 1);
  assert.equal(find('plain-http', 'far.internal')?.level, 'warning');
  assert.equal(find('encrypted', 'safe.internal')?.level, 'ok');
  assert.equal(find('tls-off', 'plain.internal')?.level, 'warning');
  assert.match(find('forgeable-addresses')?.cause ?? '', /what plain\.internal allows/);
  const behindProxy = await audit(`listen: { http: "127.0.0.1:0", https: false }
sites: { here.internal: { to: ${ports.loopback}, tls: off, allow: [127.0.0.1] } }
`);
  assert.equal(behindProxy.find('untrusted-proxy', 'here.internal')?.level, 'error');
});

const compose = `# the services
services:
  kms:
    image: example/kms
    ports:
      - "\${KMS_PORT:-5001}:5000"   # the API
  mongo:
    image: mongo:6
    ports: ["27017:27017"]
  git:
    image: gitea
    ports: [2222:22]
  vpn:
    image: wireguard
    ports: [51820:51820/udp]
  agent: { image: agent, network_mode: host }
  good: { image: app, ports: ["127.0.0.1:5003:5000"] }
`;

test('port lines are told with their place and as they should be', async (t) => {
  const here = await temporaryDirectory(t);
  const file = join(here, 'docker-compose.yml');
  await writeFile(file, compose);
  const { code, find, lookedAt } = await audit(
    'sites: { kms.internal: 5001, good.internal: 5003 }\n',
    ['--public', '2222'],
    here,
  );
  assert.equal(code, 1);
  const kms = find('published-around', ': kms');
  assert.deepEqual(kms?.at, { file, line: 6, column: 9 });
  assert.equal(kms?.wanted, '- "127.0.0.1:${KMS_PORT:-5001}:5000"');
  assert.match(kms?.cause ?? '', /kms\.internal can be reached around the gate/);
  assert.match(find('database-published', ': mongo')?.cause ?? '', /a database \(mongo\)/);
  assert.equal(find('published-udp', ': vpn')?.level, 'warning');
  assert.equal(find('host-network', ': agent')?.level, 'warning');
  assert.equal(find('meant-public', ': git')?.level, 'ok');
  assert.equal(find('published-on-loopback', ': good')?.level, 'ok');
  assert.ok(lookedAt.includes(`${file}: every published port`), lookedAt.join('\n'));
});

test('--fix changes port lines alone, --dry-run shows the same changes and makes none', async (t) => {
  const here = await temporaryDirectory(t);
  const file = join(here, 'docker-compose.yml');
  await writeFile(file, compose);
  await chmod(file, 0o640);
  const args = ['audit', '--compose', 'docker-compose.yml', '--public', '2222', '--fix'];
  const dry = await sallyport([...args, '--dry-run'], here);
  assert.equal(dry.code, 1, dry.stdout);
  assert.equal(await readFile(file, 'utf8'), compose);
  const fixed = await sallyport(args, here);
  assert.equal(fixed.code, 0, fixed.stdout);
  assert.match(fixed.stdout, /`docker compose up -d`/);
  const diff = (text: string): string => /^---[\s\S]*?(?=^(?![-+@]))/m.exec(text)?.[0] ?? '';
  assert.equal(diff(dry.stdout), diff(fixed.stdout));
  assert.ok(
    diff(dry.stdout).includes('@@ -6 +6 @@\n-      - "${KMS_PORT:-5001}:5000"   # the API\n+      - "127.0.0.1:${KMS'),
    dry.stdout,
  );
  assert.equal(
    await readFile(file, 'utf8'),
    compose.replace('"${', '"127.0.0.1:${').replace('"27017', '"127.0.0.1:27017'),
  );
  assert.equal((await stat(file)).mode & 0o777, 0o640);
});

test('--fix closes a file of users that everybody can read', async () => {
  const users = join(directory, 'users.htpasswd');
  await chmod(users, 0o644);
  const config = `sites: { shut.internal: { to: ${ports.loopback}, auth: { basic: users.htpasswd } } }\n`;
  assert.equal((await audit(config)).find('users-readable')?.evidence, 'mode 0644');
  assert.equal((await audit(config, ['--fix'])).find('users-readable'), undefined);
  assert.equal((await stat(users)).mode & 0o777, 0o600);
});

test('a compose file that Docker would refuse is told with its place, and exits with 2', async () => {
  await writeFile(join(directory, 'bad.yml'), 'services:\n  kms:\n    ports:\n      - "localhost:5001:5000"\n');
  const { code, stdout, stderr } = await sallyport(['audit', '--compose', 'bad.yml']);
  assert.deepEqual([code, stdout], [2, '']);
  assert.match(
    stderr,
    /bad\.yml:4:9: services\.kms\.ports\.0: localhost is no address to Docker; got "localhost:5001:5000"/,
  );
  assert.match(stderr, /did you mean "127\.0\.0\.1:5001:5000"\?\n {2}cure: /);
});
