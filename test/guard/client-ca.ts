import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Scope } from '../support/scope.ts';
import { temporaryDirectory } from '../support/scope.ts';

/** A CA for client certificates, made by openssl as its users make it. */
export interface ClientCa {
  readonly caFile: string;
  /** The list of what was revoked so far. */
  readonly crlFile: string;
  /** Makes a certificate; returns its file, key included. `days` may be negative: expired. */
  issue(name: string, options?: { readonly days?: number; readonly subject?: string; readonly usage?: string }): string;
  /** Revokes a certificate and writes the list anew. */
  revoke(file: string): void;
  /** Writes a list that ended years ago. */
  endList(): void;
}

export async function makeClientCa(scope: Scope, name = 'Test clients'): Promise<ClientCa> {
  const directory = await temporaryDirectory(scope);
  const run = (...args: readonly string[]): void => {
    execFileSync('openssl', args, { cwd: directory, stdio: 'pipe' });
  };
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  writeFileSync(join(directory, 'ca.cnf'), caConfiguration(directory));
  writeFileSync(join(directory, 'index.txt'), '');
  writeFileSync(join(directory, 'serial'), '1001\n');
  writeFileSync(join(directory, 'crlnumber'), '01\n');
  mkdirSync(join(directory, 'certs'));
  const extensions = ['-addext', 'basicConstraints=critical,CA:true', '-addext', 'keyUsage=keyCertSign,cRLSign'];
  run(
    'req',
    '-x509',
    ...key,
    '-days',
    '30',
    '-subj',
    `/CN=${name}`,
    ...extensions,
    '-keyout',
    'ca.key',
    '-out',
    'ca.pem',
  );
  const writeList = (): void => run('ca', '-config', 'ca.cnf', '-gencrl', '-out', 'crl.pem');
  writeList();
  return {
    caFile: join(directory, 'ca.pem'),
    crlFile: join(directory, 'crl.pem'),
    issue(client, { days = 10, subject = `/O=Acme, Inc./CN=${client}`, usage = 'clientAuth' } = {}) {
      const dates =
        days > 0 ? ['-days', String(days)] : ['-startdate', '20200101000000Z', '-enddate', '20200201000000Z'];
      run('req', ...key, '-utf8', '-subj', subject, '-keyout', `${client}.key`, '-out', `${client}.csr`);
      writeFileSync(join(directory, 'ext.cnf'), `basicConstraints=CA:false\nextendedKeyUsage=${usage}\n`);
      const args = ['-batch', '-notext', '-in', `${client}.csr`, '-out', `${client}.crt`, '-extfile', 'ext.cnf'];
      run('ca', '-config', 'ca.cnf', ...dates, ...args);
      execFileSync('sh', ['-c', `cat ${client}.crt ${client}.key > ${client}.pem`], { cwd: directory });
      return join(directory, `${client}.pem`);
    },
    endList() {
      const dates = ['-crl_lastupdate', '20200101000000Z', '-crl_nextupdate', '20200201000000Z'];
      run('ca', '-config', 'ca.cnf', '-gencrl', ...dates, '-out', 'crl.pem');
    },
    revoke(file) {
      run('ca', '-config', 'ca.cnf', '-revoke', file);
      writeList();
    },
  };
}

function caConfiguration(directory: string): string {
  return `
[ca]
default_ca = this
[this]
dir = ${directory}
database = ${directory}/index.txt
serial = ${directory}/serial
crlnumber = ${directory}/crlnumber
new_certs_dir = ${directory}/certs
certificate = ${directory}/ca.pem
private_key = ${directory}/ca.key
default_md = sha256
default_days = 10
default_crl_days = 10
unique_subject = no
policy = any
[any]
organizationName = optional
commonName = optional
`;
}
