import assert from 'node:assert/strict';
import { once } from 'node:events';
import { chmod, mkdir, utimes, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { startBind } from '../support/bind.ts';
import { makeCertificate } from '../support/certificates.ts';
import { needs } from '../support/parts.ts';
import { freePort } from '../support/ports.ts';
import { runSallyport, startSallyport } from '../support/sallyport.ts';
import { temporaryDirectory } from '../support/scope.ts';

interface Told {
  readonly code: string;
  readonly level: string;
  readonly subject: string;
  readonly cause: string;
  readonly evidence: string;
  readonly cure: string;
}

/** A site that needs no app and no certificate. */
const site = 'sites: { localhost: { tls: off, routes: { /: { redirect: "https://example.org" } } } }';

/** Writes the configuration into `directory` and runs `check --json` there. */
async function check(directory: string, yaml: string, ...options: string[]) {
  return checkWith(directory, yaml, {}, ...options);
}

async function checkWith(directory: string, yaml: string, more: Record<string, string>, ...options: string[]) {
  const file = join(directory, 'sallyport.yaml');
  const cwd = directory;
  const env = { HOME: directory, XDG_STATE_HOME: undefined, ...more };
  await writeFile(file, yaml);
  const { code, stdout, stderr } = await runSallyport(['check', '--json', ...options], { cwd, env });
  assert.notEqual(code, 2, stdout + stderr);
  const { findings = [] } = JSON.parse(stdout) as { findings?: Told[] };
  return { code, findings, about: (subject: string) => findings.find((one) => one.subject === subject) };
}

test('a busy port is told with who listens there, a free one as free', async (t) => {
  const directory = await temporaryDirectory(t);
  const busy = createServer().listen(0, '127.0.0.1');
  t.after(() => busy.close());
  await once(busy, 'listening');
  const { port } = busy.address() as AddressInfo;
  const free = await freePort();
  const { code, about } = await check(
    directory,
    `listen: { http: "127.0.0.1:${port}", https: "127.0.0.1:${free}" }\nstate: state\n${site}\n`,
  );
  assert.equal(code, 1);
  const told = about(`port ${port} of 127.0.0.1`);
  assert.deepEqual([told?.level, told?.code], ['error', 'port-in-use']);
  assert.match(told?.cause ?? '', new RegExp(`^port ${port} is in use by node .*\\(pid ${process.pid}\\)$`));
  assert.match(told?.cure ?? '', /Stop it with `(kill|systemctl stop)/);
  assert.equal(about(`port ${free} of 127.0.0.1`)?.code, 'port-free');
});

test('a port that the running gate holds is as it should be', async (t) => {
  const directory = await temporaryDirectory(t);
  const [http, https] = [await freePort(), await freePort()];
  const yaml = `listen: { http: "127.0.0.1:${http}", https: "127.0.0.1:${https}" }\nstate: ${directory}/state\n${site}\n`;
  await startSallyport(t, yaml);
  const { code, about } = await check(directory, yaml);
  assert.equal(about(`port ${http} of 127.0.0.1`)?.code, 'port-ours');
  assert.equal(about(`port ${https} of 127.0.0.1`)?.code, 'port-ours');
  assert.equal(code, 0);
});

test('names are looked up, and where they lead is told', needs('named'), async (t) => {
  const bind = await startBind({
    zone: 'example.org',
    records: ['here IN A 127.0.0.1', 'here IN AAAA ::1', 'there IN A 192.0.2.7'],
  });
  t.after(() => bind.stop());
  const directory = await temporaryDirectory(t);
  const names = ['here.example.org', 'there.example.org', 'nowhere.example.org'];
  await mkdir(join(directory, 'ssl'));
  const { certificateFile, keyFile } = await makeCertificate(join(directory, 'ssl'), names);
  const ownFiles = (name: string): string =>
    `  ${name}: { to: 1, tls: { certificate: ${certificateFile}, key: ${keyFile} } }\n`;
  const internal =
    '  sallyport-nobody.internal: { tls: off, to: 1 }\n  localhost: { tls: off, to: 1 }\n  192.0.2.9: { tls: off, to: 1 }\n';
  const { about } = await check(
    directory,
    `listen: { http: 0, https: 0 }\nstate: state\nacme: { resolvers: ["${bind.address}"] }\nsites:\n${names.map(ownFiles).join('')}${internal}`,
  );
  assert.equal(about('here.example.org')?.code, 'name-here');
  assert.deepEqual(about('here.example.org')?.evidence.split(', ').sort(), ['127.0.0.1', '::1']);
  assert.deepEqual(
    [about('there.example.org')?.code, about('there.example.org')?.level],
    ['name-elsewhere', 'warning'],
  );
  assert.equal(about('there.example.org')?.evidence, '192.0.2.7');
  assert.deepEqual(
    [about('nowhere.example.org')?.code, about('nowhere.example.org')?.level],
    ['name-unknown', 'error'],
  );
  assert.match(about('nowhere.example.org')?.evidence ?? '', /there is no such name/);
  const unknown = about('sallyport-nobody.internal');
  assert.deepEqual([unknown?.code, unknown?.level], ['name-unknown', 'warning']);
  assert.match(unknown?.cure ?? '', /\/etc\/hosts: [\d.]+ sallyport-nobody\.internal$/);
  assert.equal(about('localhost')?.code, 'name-here');
  assert.equal(about('192.0.2.9')?.code, 'name-elsewhere');
});

test('keys of the state directory that others can read are errors, also offline', async (t) => {
  const directory = await temporaryDirectory(t);
  await chmod(directory, 0o755);
  const leaf = join(directory, 'state/authority/leaves/a.internal/00000001');
  await mkdir(leaf, { recursive: true });
  await writeFile(join(leaf, 'key.pem'), 'key', { mode: 0o644 });
  await writeFile(join(leaf, 'chain.pem'), 'chain', { mode: 0o644 });
  const yaml = `listen: { http: 0, https: 0 }\nstate: state\n${site}\n`;
  const open = await check(directory, yaml, '--offline');
  assert.equal(open.code, 1);
  assert.deepEqual(
    open.findings.map(({ level, code, subject }) => [level, code, subject]),
    [['error', 'key-readable', join(leaf, 'key.pem')]],
  );
  // Nobody else gets through to the file then.
  await chmod(join(directory, 'state/authority'), 0o700);
  assert.deepEqual((await check(directory, yaml, '--offline')).findings, []);
});

test('a secret that stands in a configuration others can read is an error', async (t) => {
  const directory = await temporaryDirectory(t);
  await chmod(directory, 0o755);
  const yaml = (token: string): string =>
    `listen: { http: 0, https: 0 }\nstate: state\nacme: { dns: { provider: duckdns, token: "${token}" } }\n${site}\n`;
  const written = await check(directory, yaml('11111111-2222-3333-4444-555555555555'), '--offline');
  assert.deepEqual([written.code, written.findings.map(({ code }) => code)], [1, ['secret-readable']]);
  assert.doesNotMatch(JSON.stringify(written.findings), /11111111/);
  await writeFile(join(directory, 'token'), '11111111-2222-3333-4444-555555555555', { mode: 0o600 });
  // biome-ignore lint/suspicious/noTemplateCurlyInString: as it stands in the file
  assert.deepEqual((await check(directory, yaml('${file:token}'), '--offline')).findings, []);
});

test('a clock that is behind what was written before is told', async (t) => {
  const directory = await temporaryDirectory(t);
  await mkdir(join(directory, 'state'));
  const tomorrow = new Date(Date.now() + 86_400_000);
  await utimes(join(directory, 'state'), tomorrow, tomorrow);
  const { code, findings } = await check(
    directory,
    `listen: { http: 0, https: 0 }\nstate: state\n${site}\n`,
    '--offline',
  );
  assert.equal(code, 1);
  const [told] = findings;
  assert.deepEqual([told?.code, told?.level], ['clock', 'error']);
  assert.ok(told?.evidence.includes(tomorrow.toISOString().slice(0, 10)), JSON.stringify(told));
});

test('a clock that no time service keeps is a warning, as the system tells it', async (t) => {
  const directory = await temporaryDirectory(t);
  const yaml = `listen: { http: 0, https: 0 }\nstate: state\n${site}\n`;
  // What systemd's own prints there depends on the machine.
  const saying = async (word: string) => {
    await writeFile(join(directory, 'timedatectl'), `#!/bin/sh\necho ${word}\n`, { mode: 0o755 });
    return checkWith(directory, yaml, { PATH: `${directory}:${process.env.PATH}` });
  };
  const kept = await saying('yes');
  assert.deepEqual([kept.code, kept.about('clock')?.level], [0, 'ok']);
  const unkept = await saying('no');
  assert.deepEqual([unkept.code, unkept.about('clock')?.code], [0, 'clock-unkept']);
});
