import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { systemErrorCode } from '../../model/errors.ts';
import { isAddress } from '../../model/host.ts';
import { unreadableCure } from './expand.ts';
import { type Fault, fail, type Outcome } from './fault.ts';

/** What looking at a certificate and its key found; `keyType` is null when they could not be read. */
export interface PairVerdict {
  readonly faults: readonly Fault[];
  readonly warnings: readonly Fault[];
  readonly keyType: string | null;
}

/**
 * Looks at a user's own certificate and key: both readable PEM, the key belongs to the first certificate, which covers
 * every name. Expiry and a key that others can read are warnings. `now` is milliseconds since 1970.
 */
export function inspectPair(
  files: { readonly certificate: string; readonly key: string },
  names: readonly string[],
  now: number,
): PairVerdict {
  const chain = readChain(files.certificate);
  const key = readKey(files.key);
  const faults: Fault[] = [];
  const warnings: Fault[] = [];
  if (chain.faults) faults.push(...at('certificate', chain.faults));
  if (key.faults) faults.push(...at('key', key.faults));
  const leaf = chain.value?.[0];
  if (leaf && key.value) faults.push(...at('key', keyFaults(chain.value, key.value, leaf)));
  if (leaf) {
    faults.push(...at('certificate', nameFaults(leaf, names)));
    warnings.push(...at('certificate', validityWarnings(leaf, now)));
  }
  if (key.value && readableByOthers(files.key)) {
    const cure = 'Take that right away from them: chmod o-rwx on the file.';
    warnings.push({ what: 'every user of this machine can read the key', cure, below: ['key'] });
  }
  return { faults, warnings, keyType: key.value?.asymmetricKeyType ?? null };
}

function at(member: string, faults: readonly Fault[]): Fault[] {
  return faults.map((fault) => ({ ...fault, below: [member] }));
}

function readFile(path: string): Outcome<string> {
  try {
    return { value: readFileSync(path, 'utf8') };
  } catch (error) {
    return fail(`cannot read the file: ${systemErrorCode(error)}`, { cure: unreadableCure(error) });
  }
}

const certificateBlock =
  /-----BEGIN (?:X509 |TRUSTED )?CERTIFICATE-----[^-]*-----END (?:X509 |TRUSTED )?CERTIFICATE-----/g;

/** Every certificate of a PEM file, in its order. */
export function readChain(path: string): Outcome<readonly X509Certificate[]> {
  const file = readFile(path);
  if (file.faults) return file;
  const blocks = file.value.match(certificateBlock);
  if (!blocks) {
    const cure = file.value.includes('PRIVATE KEY-----')
      ? 'This file holds a key: are the two paths swapped?'
      : undefined;
    return fail('no certificate in the file', { wanted: 'PEM, with -----BEGIN CERTIFICATE-----', cure });
  }
  const certificates: X509Certificate[] = [];
  for (const [index, block] of blocks.entries()) {
    try {
      certificates.push(new X509Certificate(block));
    } catch {
      return fail(`certificate ${index + 1} of the file is damaged`, {
        cure: 'Copy the file again from where it was issued.',
      });
    }
  }
  return { value: certificates };
}

function readKey(path: string): Outcome<KeyObject> {
  const file = readFile(path);
  if (file.faults) return file;
  if (/ENCRYPTED/.test(file.value)) {
    const cure =
      'Write it without a passphrase: openssl pkey -in encrypted.key -out plain.key, then chmod 600 plain.key.';
    return fail('the key is encrypted with a passphrase', { cure });
  }
  try {
    return { value: createPrivateKey(file.value) };
  } catch {
    const swapped = file.value.includes('BEGIN CERTIFICATE-----');
    const cure = swapped ? 'This file holds a certificate: are the two paths swapped?' : undefined;
    return fail('no private key in the file', { wanted: 'PEM, with -----BEGIN PRIVATE KEY-----', cure });
  }
}

function keyFaults(chain: readonly X509Certificate[], key: KeyObject, leaf: X509Certificate): Fault[] {
  if (leaf.checkPrivateKey(key)) return [];
  const place = chain.findIndex((certificate) => certificate.checkPrivateKey(key));
  if (place > 0) {
    const cure = `Certificate ${place + 1} of the file is the one this key belongs to: put it first.`;
    return [{ what: 'the key does not belong to the first certificate', cure }];
  }
  const cure = 'Name the key the certificate was requested with.';
  return [{ what: 'the key does not belong to the certificate', cure }];
}

function nameFaults(leaf: X509Certificate, names: readonly string[]): Fault[] {
  const missing = names.filter((name) => !covers(leaf, name));
  if (missing.length === 0) return [];
  const covered = leaf.subjectAltName?.replaceAll(/(?:DNS|IP Address):/g, '') ?? 'no name';
  const what = `the certificate does not cover ${missing.join(', ')}, it covers ${covered}`;
  return [{ what, cure: 'Get a certificate for all names of the site, or make a site of its own for the others.' }];
}

function covers(leaf: X509Certificate, name: string): boolean {
  if (isAddress(name)) return leaf.checkIP(name) !== undefined;
  // Only a wildcard can cover a label nobody would put into a certificate.
  const asked = name.startsWith('*.') ? `sallyport-any-label${name.slice(1)}` : name;
  return leaf.checkHost(asked, { subject: 'never' }) !== undefined;
}

function validityWarnings(leaf: X509Certificate, now: number): Fault[] {
  if (leaf.validToDate.getTime() <= now) {
    return [
      { what: `the certificate expired on ${leaf.validToDate.toISOString()}`, cure: 'Renew it: clients refuse it.' },
    ];
  }
  if (leaf.validFromDate.getTime() > now) {
    const cure = 'Check the clock of this machine: clients refuse it until then.';
    return [{ what: `the certificate is not valid before ${leaf.validFromDate.toISOString()}`, cure }];
  }
  return [];
}

function readableByOthers(path: string): boolean {
  try {
    return (statSync(path).mode & 0o004) !== 0;
  } catch {
    return false;
  }
}
