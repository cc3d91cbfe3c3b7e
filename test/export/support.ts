import { chmod, cp, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readSettings } from '../../src/control/config/read-settings.ts';
import { type Exported, exportConfig } from '../../src/migrate/export/export-config.ts';
import type { Server } from '../../src/migrate/export/rule.ts';
import { makeCertificate } from '../support/certificates.ts';
import { openssl } from '../support/clients.ts';
import { type Scope, temporaryDirectory } from '../support/scope.ts';

const cases = join(import.meta.dirname, 'cases');

/** A directory with all files that the configurations in `cases` name, certificates of every site included. */
export async function caseDirectory(scope: Scope, names: readonly string[] = ['*.example.org']): Promise<string> {
  const directory = await temporaryDirectory(scope);
  await cp(cases, directory, { recursive: true });
  // Apache's user is to read the file of users.
  await chmod(directory, 0o755);
  const made = await makeCertificate(directory, names);
  await writeFile(join(directory, 'site.pem'), made.certificate);
  await writeFile(join(directory, 'site.key'), made.key, { mode: 0o600 });
  await symlink('site.key', join(directory, 'site.pem.key'));
  await writeFile(join(directory, 'ca.pem'), made.root);
  await writeFile(join(directory, 'app.wsgi'), '');
  await writeRevocations(directory);
  return directory;
}

/** Reads `file` of the directory and writes it for a server. */
export function exportFile(directory: string, file: string, server: Server): Promise<Exported> {
  const path = join(directory, file);
  const { settings } = readSettings(path);
  return exportConfig({ server, settings, file: path, called: file, certificates: join(directory, 'live') });
}

/** Puts a certificate wherever the text of an exported configuration wants one. */
export async function furnish(directory: string, text: string): Promise<void> {
  const chain = await readFile(join(directory, 'site.pem'), 'utf8');
  const key = await readFile(join(directory, 'site.key'), 'utf8');
  for (const [, place = '', name = ''] of text.matchAll(/(\/[^\s"]*\/live\/([^/\s"]+?))(?=[/\s"]|$)/gm)) {
    if (name.endsWith('.pem')) {
      await mkdir(join(directory, 'live'), { recursive: true });
      await writeFile(place, chain + key);
      continue;
    }
    await mkdir(place, { recursive: true });
    await writeFile(join(place, 'fullchain.pem'), chain);
    await writeFile(join(place, 'privkey.pem'), key);
    await writeFile(join(place, 'fullchain.pem.key'), key);
  }
}

/** An empty revocation list of a CA of its own. */
async function writeRevocations(directory: string): Promise<void> {
  const place = join(directory, 'revoked');
  await mkdir(place);
  await writeFile(join(place, 'index.txt'), '');
  await writeFile(
    join(place, 'ca.cnf'),
    `[ca]\ndefault_ca = own\n[own]\ndatabase = ${place}/index.txt\ndefault_md = sha256\n`,
  );
  const ca = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-subj', '/CN=revoker', '-keyout', `${place}/key.pem`];
  await openssl([...ca, '-out', `${place}/ca.pem`]);
  const keys = ['-keyfile', `${place}/key.pem`, '-cert', `${place}/ca.pem`];
  await openssl([
    'ca',
    '-gencrl',
    '-crldays',
    '30',
    '-config',
    `${place}/ca.cnf`,
    ...keys,
    '-out',
    join(directory, 'revoked.pem'),
  ]);
}
