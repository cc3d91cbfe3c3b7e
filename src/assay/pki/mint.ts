import 'reflect-metadata';
import { randomBytes, webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';
import type { Signer } from '../../control/certificates/authority/profile.ts';
import type { Validity } from '../../control/certificates/x509/chain.ts';

x509.cryptoProvider.set(webcrypto);

/** A certificate as it is wanted, right or wrong. What is absent is as a server's certificate should have it. */
export interface Recipe {
  readonly commonName: string;
  /** The subject alternative names; none: no such extension. */
  readonly names: readonly x509.JsonGeneralName[];
  /** Null: signed with its own key. */
  readonly signer: Signer | null;
  readonly life: Validity;
  /** An RSA key of so many bits; a P-256 key when absent. */
  readonly rsaBits?: number;
  /** Null: no basic constraints at all. Default: no authority. */
  readonly basic?: x509.BasicConstraintsExtension | null;
  readonly keyUsage?: x509.KeyUsageFlags;
  /** Object identifiers of extended key usages; none: no such extension. */
  readonly purposes?: readonly string[];
  readonly extra?: readonly x509.Extension[];
}

async function newKeys(rsaBits: number | undefined): Promise<webcrypto.CryptoKeyPair> {
  const algorithm =
    rsaBits === undefined
      ? { name: 'ECDSA', namedCurve: 'P-256' }
      : {
          name: 'RSASSA-PKCS1-v1_5',
          hash: 'SHA-256',
          modulusLength: rsaBits,
          publicExponent: new Uint8Array([1, 0, 1]),
        };
  return await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
}

function extensionsOf(recipe: Recipe): x509.Extension[] {
  const { basic = new x509.BasicConstraintsExtension(false, undefined, true), names, extra = [] } = recipe;
  const { purposes = [x509.ExtendedKeyUsage.serverAuth], keyUsage = x509.KeyUsageFlags.digitalSignature } = recipe;
  return [
    ...(basic ? [basic] : []),
    new x509.KeyUsagesExtension(keyUsage, true),
    ...(purposes.length > 0 ? [new x509.ExtendedKeyUsageExtension([...purposes])] : []),
    ...(names.length > 0 ? [new x509.SubjectAlternativeNameExtension([...names])] : []),
    ...extra,
  ];
}

/** Makes the certificate and its key, whatever is wrong with it. */
export async function mint(recipe: Recipe): Promise<Signer> {
  const keys = await newKeys(recipe.rsaBits);
  const subject = [{ CN: [recipe.commonName] }];
  const signingKey = recipe.signer?.key ?? keys.privateKey;
  const serial = randomBytes(16);
  serial[0] = (serial[0]! & 0x3f) | 0x40;
  const certificate = await x509.X509CertificateGenerator.create({
    subject,
    issuer: recipe.signer?.certificate.subjectName ?? new x509.Name(subject),
    publicKey: keys.publicKey,
    signingKey,
    serialNumber: serial.toString('hex'),
    notBefore: new Date(recipe.life.notBefore),
    notAfter: new Date(recipe.life.notAfter),
    signingAlgorithm: { name: signingKey.algorithm.name, hash: 'SHA-256' },
    extensions: [
      ...extensionsOf(recipe),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
      await x509.AuthorityKeyIdentifierExtension.create(recipe.signer?.certificate.publicKey ?? keys.publicKey),
    ],
  });
  return { certificate, key: keys.privateKey };
}
