import 'reflect-metadata';
import { createPrivateKey, generateKeyPairSync, KeyObject, sign } from 'node:crypto';
import { AsnConvert, OctetString } from '@peculiar/asn1-schema';
import { AlgorithmIdentifier, Certificate } from '@peculiar/asn1-x509';
import * as x509 from '@peculiar/x509';
import type { Signer } from '../../control/certificates/authority/profile.ts';

/** PKCS #1 v1.5 signatures with hashes that WebCrypto does not sign with (RFC 3279 section 2.2.1). */
const algorithms = { md5: '1.2.840.113549.1.1.4', sha1: '1.2.840.113549.1.1.5' } as const;

/** `made` with the signature of `signer`, an RSA authority, over a broken hash instead. */
export function signWeakly(made: Signer, signer: Signer, hash: keyof typeof algorithms): Signer {
  const parsed = AsnConvert.parse(made.certificate.rawData, Certificate);
  const algorithm = new AlgorithmIdentifier({ algorithm: algorithms[hash], parameters: null });
  parsed.signatureAlgorithm = algorithm;
  parsed.tbsCertificate.signature = algorithm;
  delete parsed.tbsCertificateRaw;
  const signed = Buffer.from(AsnConvert.serialize(parsed.tbsCertificate));
  parsed.signatureValue = new OctetString(sign(hash, signed, KeyObject.from(signer.key))).buffer;
  return { certificate: new x509.X509Certificate(AsnConvert.serialize(parsed)), key: made.key };
}

/** `made` with one bit of the signature turned. */
export function breakSignature(made: Signer): Signer {
  const bytes = new Uint8Array(made.certificate.rawData.slice(0));
  bytes[bytes.length - 1]! ^= 1;
  return { certificate: new x509.X509Certificate(bytes), key: made.key };
}

/**
 * A private key (PEM) that says it belongs to the public P-256 key of `made`, and signs as another: the public half that RFC 5915
 * lets stand beside the private one is exchanged, and OpenSSL compares only that. Clients then get signatures that do not fit.
 */
export function strangeKey(made: Signer): string {
  const der = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'pkcs8', format: 'der' });
  const point = Buffer.from(made.certificate.publicKey.rawData).subarray(-65);
  point.copy(der, der.length - point.length);
  const key = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  return key.export({ type: 'pkcs8', format: 'pem' }).toString();
}
