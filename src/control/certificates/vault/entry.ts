import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { CertificatePair } from '../../../model/site.ts';

/** What is known about a stored certificate beyond its bytes. */
export interface CertificateMeta {
  /** Every name it was asked for, as configured. */
  readonly names: readonly string[];
  /** `internal`, `import`, or the directory URL of the ACME server. */
  readonly issuer: string;
  /** Facts of whoever stored it, e.g. the order's URL. Not secret. */
  readonly facts: Readonly<Record<string, string>>;
}

/** One generation of a certificate, as read from the vault. */
export interface StoredCertificate {
  readonly name: string;
  /** Counts from 1; a higher one is newer. */
  readonly generation: number;
  /** Directory that holds `chain.pem`, `key.pem` and `meta.json`. */
  readonly directory: string;
  readonly pair: CertificatePair;
  readonly meta: CertificateMeta;
  /** When it was stored, milliseconds since 1970. */
  readonly storedAt: number;
}

const storedMeta = z.strictObject({
  version: z.literal(1),
  names: z.array(z.string()),
  issuer: z.string(),
  facts: z.record(z.string(), z.string()),
  storedAt: z.iso.datetime(),
  sha256: z.strictObject({ chain: z.string(), key: z.string() }),
});

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

/** The text of `meta.json`. The digests tie the three files of a generation together. */
export function writeMeta(pair: CertificatePair, meta: CertificateMeta, now: number): string {
  const stored: z.infer<typeof storedMeta> = {
    version: 1,
    names: [...meta.names],
    issuer: meta.issuer,
    facts: { ...meta.facts },
    storedAt: new Date(now).toISOString(),
    sha256: { chain: sha256(pair.chain), key: sha256(pair.key) },
  };
  return `${JSON.stringify(stored, null, 2)}\n`;
}

/** Reads `meta.json` and holds it against the other two files. Gives the reason in words when they do not belong together. */
export function readMeta(
  text: string,
  pair: CertificatePair,
): { readonly meta: CertificateMeta; readonly storedAt: number } | { readonly damage: string } {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return { damage: 'meta.json is not JSON' };
  }
  const parsed = storedMeta.safeParse(json);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    return { damage: `meta.json: ${issue?.path.join('.')}: ${issue?.message}` };
  }
  const { names, issuer, facts, storedAt, sha256: digests } = parsed.data;
  if (digests.chain !== sha256(pair.chain)) return { damage: 'chain.pem is not the file that was stored' };
  if (digests.key !== sha256(pair.key)) return { damage: 'key.pem is not the file that was stored' };
  return { meta: { names, issuer, facts }, storedAt: Date.parse(storedAt) };
}

/** The directory of a certificate: its name, with `*` as `_` and everything unusual percent-encoded. Reversible. */
export function encodeName(name: string): string {
  const encoded = Array.from(Buffer.from(name), (byte) => {
    const char = String.fromCharCode(byte);
    if (char === '*') return '_';
    return /[a-z0-9.-]/.test(char) ? char : `%${byte.toString(16).padStart(2, '0').toUpperCase()}`;
  }).join('');
  return encoded.startsWith('.') ? `%2E${encoded.slice(1)}` : encoded;
}

/** The certificate name of a directory, or null when no name is encoded like that. */
export function decodeName(directory: string): string | null {
  let name: string;
  try {
    name = decodeURIComponent(directory.replaceAll('_', '*'));
  } catch {
    return null;
  }
  return name !== '' && encodeName(name) === directory ? name : null;
}
