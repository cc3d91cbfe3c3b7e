import type { X509Certificate } from 'node:crypto';
import { readFile, realpath, stat } from 'node:fs/promises';
import { describeError, systemErrorCode, UserError } from '../../../model/errors.ts';
import type { CertificateFiles, CertificatePair } from '../../../model/site.ts';
import { keyMatches, readChain, readKey, writeChain } from '../x509/chain.ts';

/** A pair as read from the user's files. */
export interface LoadedPair {
  readonly files: CertificateFiles;
  readonly pair: CertificatePair;
  /** Permission bits of the key file. */
  readonly keyMode: number;
  /** Changes whenever one of the files does, also by a symbolic link that now points elsewhere. */
  readonly fingerprint: string;
}

/** What identifies the present content of a file without reading it. Never rejects. */
export async function fingerprintOf(path: string): Promise<string> {
  try {
    const real = await realpath(path);
    const { dev, ino, size, mtimeNs, ctimeNs } = await stat(real, { bigint: true });
    return [real, dev, ino, size, mtimeNs, ctimeNs].join(' ');
  } catch (error) {
    return systemErrorCode(error);
  }
}

/** What identifies the present content of both files without reading it. Never rejects. */
export async function fingerprint(files: CertificateFiles): Promise<string> {
  return `${await fingerprintOf(files.certificate)}\n${await fingerprintOf(files.key)}`;
}

/** Throws a UserError that names the file, `what` it is, and the cause. */
export async function readText(path: string, what: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    const why: Record<string, string> = { ENOENT: 'there is no such file', EACCES: 'permission denied' };
    throw new UserError(`Cannot read the ${what} ${path}: ${why[systemErrorCode(error)] ?? describeError(error)}`, {
      code: 'certificate-unreadable',
      cure: 'Correct the path, or let the user that runs Sallyport read the file.',
      cause: error,
    });
  }
}

function parseChain(text: string, path: string): X509Certificate[] {
  let chain: X509Certificate[] = [];
  try {
    chain = readChain(text);
  } catch {
    // Told below: no certificate could be read.
  }
  if (chain.length > 0) return chain;
  const isKey = text.includes('PRIVATE KEY-----');
  throw new UserError(`${path} holds no certificate in PEM form${isKey ? ', but a private key' : ''}`, {
    code: 'certificate-invalid',
    cure: isKey
      ? 'Are `certificate` and `key` swapped?'
      : 'A PEM file has -----BEGIN CERTIFICATE----- in it. From DER: openssl x509 -inform der -in FILE -out FILE.pem',
  });
}

function parseKey(text: string, path: string) {
  try {
    return readKey(text);
  } catch {
    // The parser's own message may quote the key, so it goes nowhere.
    const encrypted = text.includes('ENCRYPTED');
    throw new UserError(`${path} holds no usable private key in PEM form${encrypted ? ': it is encrypted' : ''}`, {
      code: 'key-invalid',
      cure: encrypted
        ? `Remove the passphrase: openssl pkey -in ${path} -out plain.key, and protect the file by its permissions.`
        : 'A PEM key has -----BEGIN PRIVATE KEY----- in it.',
    });
  }
}

function assertMatch(
  chain: readonly X509Certificate[],
  key: ReturnType<typeof readKey>,
  files: CertificateFiles,
): void {
  const matching = chain.findIndex((each) => keyMatches(each, key));
  if (matching === 0) return;
  throw new UserError(`The key ${files.key} does not belong to the first certificate of ${files.certificate}`, {
    code: 'key-mismatch',
    cure:
      matching > 0
        ? `It belongs to certificate ${matching + 1} of that file: put that one first, its issuer next.`
        : 'Give the key that the certificate was requested with.',
  });
}

/** Reads a certificate with its key. Throws a UserError that names the file and what is wrong with it, never the key's content. */
export async function loadPair(files: CertificateFiles): Promise<LoadedPair> {
  const before = await fingerprint(files);
  const certificate = await readText(files.certificate, 'certificate');
  const key = await readText(files.key, 'key');
  const chain = parseChain(certificate, files.certificate);
  assertMatch(chain, parseKey(key, files.key), files);
  const { mode } = await stat(files.key);
  return { files, pair: { chain: writeChain(chain), key }, keyMode: mode & 0o777, fingerprint: before };
}
