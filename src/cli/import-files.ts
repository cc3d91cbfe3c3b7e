import { readFile, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { systemErrorCode, UserError } from '../model/errors.ts';
import type { CertificatePair } from '../model/site.ts';

/**
 * The certificates that paths of a command line mean: each directory (certbot's `/etc/letsencrypt/live/NAME`) is one, a certificate file
 * with a key file, in any order, is one. Rejects with a UserError for anything else.
 */
export async function readImports(paths: readonly string[], directory: string): Promise<CertificatePair[]> {
  const pairs: CertificatePair[] = [];
  const texts: string[] = [];
  for (const path of paths.map((one) => resolve(directory, one))) {
    if ((await stat(path).catch((error: unknown) => refuseFile(path, error))).isDirectory()) {
      pairs.push({ chain: await read(join(path, 'fullchain.pem')), key: await read(join(path, 'privkey.pem')) });
    } else texts.push(await read(path));
  }
  if (texts.length === 0) return pairs;
  const key = texts.find((text) => text.includes('PRIVATE KEY-----'));
  const chain = texts.find((text) => text.includes('BEGIN CERTIFICATE-----'));
  if (texts.length > 2 || key === undefined || chain === undefined) {
    throw new UserError('wanted are a certificate file and its key file, or directories such as certbot keeps', {
      code: 'import-files',
      cure: 'for example `sallyport cert import /etc/letsencrypt/live/example.org`',
      exitCode: 2,
    });
  }
  return [...pairs, { chain, key }];
}

function read(path: string): Promise<string> {
  return readFile(path, 'utf8').catch((error: unknown) => refuseFile(path, error));
}

function refuseFile(path: string, error: unknown): never {
  const why: Record<string, string> = { ENOENT: 'there is no such file', EACCES: 'permission denied' };
  throw new UserError(`cannot read ${path}; ${why[systemErrorCode(error)] ?? systemErrorCode(error)}`, {
    code: 'import-unreadable',
    cure: 'correct the path, or run this as the user that may read it',
  });
}
