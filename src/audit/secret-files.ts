import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { good } from '../control/certificates/doctor/finding.ts';
import { describeError, systemErrorCode } from '../model/errors.ts';
import type { Settings } from '../model/settings.ts';
import type { AuditFinding } from './finding.ts';
import { everybody, everybodyPasses, printMode } from './rights.ts';

/** Whether others can read the keys of sites' own certificates and the files of users. */
export async function examineSecretFiles({ sites }: Settings): Promise<AuditFinding[]> {
  const keys = sites.flatMap(({ tls }) => (tls.mode === 'files' ? tls.pairs.map(({ key }) => key) : []));
  const users = sites.flatMap(({ routes }) => routes.flatMap(({ auth }) => (auth === undefined ? [] : [auth.file])));
  return Promise.all([
    ...[...new Set(keys)].map((file) => examineFile(file, 'key-readable', 'this key')),
    ...[...new Set(users)].map((file) =>
      examineFile(file, 'users-readable', 'the names and hashes of passwords in it'),
    ),
  ]);
}

async function examineFile(file: string, code: string, what: string): Promise<AuditFinding> {
  try {
    const { mode } = await stat(file);
    const evidence = `mode ${printMode(mode)}`;
    if ((mode & everybody.read) === 0) {
      return good('secret-closed', file, 'not every user of this machine can read it', evidence);
    }
    const open = await everybodyPasses(dirname(file));
    const cause = open
      ? `every user of this machine can read ${what}`
      : `the file lets every user of this machine read ${what}; only its directory does not`;
    return { level: open ? 'error' : 'warning', code, subject: file, cause, evidence, cure: `chmod 0600 ${file}` };
  } catch (error) {
    const cause = 'it cannot be looked at, so nothing can be told';
    const cure = 'run the audit as the user who runs the gate';
    return {
      level: 'warning',
      code: 'not-looked-at',
      subject: file,
      cause,
      evidence: systemErrorCode(error) || describeError(error),
      cure,
    };
  }
}
