import { certificateId } from '../control/certificates/acme/renewal-info.ts';
import type { Generation } from '../control/certificates/lifecycle/record.ts';
import { keyMatches, readChain, readKey, validityOf } from '../control/certificates/x509/chain.ts';
import { covers } from '../control/certificates/x509/names.ts';
import { UserError } from '../model/errors.ts';
import type { CertificatePair } from '../model/site.ts';

/**
 * A certificate that was got elsewhere, as the lifecycle holds it. Throws a UserError when it is unusable: not PEM, another key's, for
 * other names, expired.
 */
export function importedGeneration(names: readonly string[], pair: CertificatePair, now: number): Generation {
  const chain = readOrRefuse(() => readChain(pair.chain), 'the certificate');
  const key = readOrRefuse(() => readKey(pair.key), 'the key');
  const [leaf] = chain;
  if (!leaf) throw refuse('there is no certificate in PEM form', 'give fullchain.pem, or the directory that holds it');
  if (!keyMatches(leaf, key))
    throw refuse('the key does not belong to the certificate', 'give the files of one certificate');
  const missing = names.filter((name) => !covers(leaf, name));
  if (missing.length > 0) {
    throw refuse(
      `the certificate does not cover ${missing.join(', ')}`,
      'take these names out of the site, or let Sallyport order one',
    );
  }
  const validity = validityOf(leaf);
  if (validity.notAfter <= now)
    throw refuse(`the certificate expired ${leaf.validTo}`, 'let Sallyport order a new one');
  return { names, pair, issuer: 'import', ...validity, renewalId: idOf(pair.chain), obtainedAt: now };
}

/** The text of a parser's error may quote a key, so it goes nowhere. */
function readOrRefuse<T>(read: () => T, what: string): T {
  try {
    return read();
  } catch {
    throw refuse(`${what} cannot be read`, 'give PEM files, the key without a passphrase');
  }
}

function refuse(message: string, cure: string): UserError {
  return new UserError(message, { code: 'import-unusable', cure });
}

/** '' when the issuer left the key identifier out. */
function idOf(chain: string): string {
  try {
    return certificateId(chain);
  } catch {
    return '';
  }
}
