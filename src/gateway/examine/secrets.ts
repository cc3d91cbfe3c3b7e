import { lstat, readdir, readFile, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type Finding, good } from '../../control/certificates/doctor/finding.ts';
import type { AcmeConfig } from '../../model/acme.ts';
import type { Settings } from '../../model/settings.ts';

/** Rights of all users of the machine. */
const mayRead = 0o004;
const mayPass = 0o001;
/** A state directory is no deeper. */
const deepest = 8;
/** What a state directory keeps secret, by the path below it. */
const secretFile = /(^|\/)(key\.pem|sessions\.json|cookie-key)$|\.key$|^accounts\//;

/**
 * Whether others than their owner may read the keys and passwords that the state directory and the configuration file hold. Keys of
 * sites' own certificates and htpasswd files are looked at with the configuration. What this user may not look into is passed over.
 */
export async function examineSecrets(settings: Settings): Promise<Finding[]> {
  const { state } = settings;
  const open = (await isOpen(state)) ? await readableSecrets(state, '', 0) : [];
  const findings = open.map((file) => {
    const path = join(state, file);
    return exposed('key-readable', path, 'every user of this machine can read this key', `chmod -R o-rwx ${state}`);
  });
  findings.push(...(await examineFile(settings)));
  return findings.length > 0 ? findings : [good('keys', state, 'no key can be read by other users', '')];
}

function exposed(code: string, subject: string, cause: string, cure: string): Finding {
  return { level: 'error', code, subject, cause, evidence: '', cure };
}

/** Whether every user may pass through to what is in `directory`. */
async function isOpen(directory: string): Promise<boolean> {
  const info = await stat(directory).catch(() => null);
  if (info === null || (info.mode & mayPass) === 0) return false;
  const parent = dirname(directory);
  return parent === directory || isOpen(parent);
}

async function readableSecrets(state: string, below: string, depth: number): Promise<string[]> {
  const directory = join(state, below);
  const files: string[] = [];
  for (const name of await readdir(directory).catch(() => [])) {
    const path = join(below, name);
    const info = await lstat(join(state, path)).catch(() => null);
    if (info?.isFile() && (info.mode & mayRead) !== 0 && secretFile.test(path)) files.push(path);
    if (info?.isDirectory() && (info.mode & mayPass) !== 0 && depth < deepest)
      files.push(...(await readableSecrets(state, path, depth + 1)));
  }
  return files;
}

async function examineFile({ file, acme }: Settings): Promise<Finding[]> {
  if (file === null) return [];
  const info = await stat(file).catch(() => null);
  if (info === null || (info.mode & mayRead) === 0 || !(await isOpen(dirname(file)))) return [];
  const text = await readFile(file, 'utf8').catch(() => '');
  if (!secretsOf(acme).some((secret) => secret.length > 7 && text.includes(secret))) return [];
  const cure = `chmod o-r ${file}, or write \${file:PATH} or \${NAME} in its place`;
  return [
    exposed('secret-readable', file, 'every user of this machine can read a secret that stands in this file', cure),
  ];
}

function secretsOf({ dns, issuers }: AcmeConfig): string[] {
  const secrets = issuers.flatMap(({ eab }) => (eab === null ? [] : [eab.hmac]));
  if (dns !== null && 'token' in dns) secrets.push(dns.token);
  if (dns !== null && 'key' in dns) secrets.push(dns.key.secret);
  return secrets;
}
