import 'reflect-metadata';
import { createPrivateKey, createPublicKey, generateKeyPair as generateKeyPairCallback, webcrypto } from 'node:crypto';
import { promisify } from 'node:util';
import { Pkcs10CertificateRequestGenerator, SubjectAlternativeNameExtension } from '@peculiar/x509';
import { identifierOf } from './identifier.ts';

const generateKeyPair = promisify(generateKeyPairCallback);

export type KeyType = 'ecdsa' | 'rsa';

const algorithms = {
  ecdsa: { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' },
  rsa: { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' },
} as const;

/** A fresh certificate key: P-256, or RSA 2048. PKCS #8 PEM. */
export async function generateCertificateKey(type: KeyType): Promise<string> {
  const { privateKey } =
    type === 'rsa'
      ? await generateKeyPair('rsa', { modulusLength: 2048 })
      : await generateKeyPair('ec', { namedCurve: 'P-256' });
  return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
}

/** A certificate signing request (DER) for `names`, all in the SAN and none in the subject, signed with `key` (PEM). */
export async function createRequest(names: readonly string[], key: string, type: KeyType): Promise<Uint8Array> {
  const algorithm = algorithms[type];
  const pkcs8 = createPrivateKey(key).export({ type: 'pkcs8', format: 'der' });
  const spki = createPublicKey(key).export({ type: 'spki', format: 'der' });
  const keys = {
    privateKey: await webcrypto.subtle.importKey('pkcs8', pkcs8, algorithm, false, ['sign']),
    publicKey: await webcrypto.subtle.importKey('spki', spki, algorithm, true, ['verify']),
  };
  const request = await Pkcs10CertificateRequestGenerator.create({
    keys,
    signingAlgorithm: algorithm,
    extensions: [new SubjectAlternativeNameExtension(names.map(identifierOf))],
  });
  return new Uint8Array(request.rawData);
}
