import 'reflect-metadata';
import { KeyObject, randomBytes, webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';
import type { Validity } from '../x509/chain.ts';
import type { SubjectName } from '../x509/names.ts';
import { constraintsExtension, type NameLimits } from './constraints.ts';

x509.cryptoProvider.set(webcrypto);

const keyAlgorithm = { name: 'ECDSA', namedCurve: 'P-256' } as const;
const signingAlgorithm = { name: 'ECDSA', hash: 'SHA-256' } as const;

/** A certificate of ours together with the means to sign with it. */
export interface Signer {
  readonly certificate: x509.X509Certificate;
  readonly key: webcrypto.CryptoKey;
}

/** A new certificate with its new key, both PEM. */
export interface Minted {
  readonly certificate: string;
  readonly key: string;
}

/** Random, positive, never zero, 16 bytes (RFC 5280 section 4.1.2.2 allows 20). */
function serialNumber(): string {
  const bytes = randomBytes(16);
  bytes[0] = (bytes[0]! & 0x3f) | 0x40;
  return bytes.toString('hex');
}

function keyUsage(flags: x509.KeyUsageFlags): x509.KeyUsagesExtension {
  return new x509.KeyUsagesExtension(flags, true);
}

async function identifiers(subject: x509.PublicKeyType, issuer: x509.PublicKeyType): Promise<x509.Extension[]> {
  return [
    await x509.SubjectKeyIdentifierExtension.create(subject),
    await x509.AuthorityKeyIdentifierExtension.create(issuer),
  ];
}

function validity(life: Validity): { notBefore: Date; notAfter: Date } {
  return { notBefore: new Date(life.notBefore), notAfter: new Date(life.notAfter) };
}

async function newKeys(): Promise<{
  readonly publicKey: webcrypto.CryptoKey;
  readonly privateKey: webcrypto.CryptoKey;
}> {
  return await webcrypto.subtle.generateKey(keyAlgorithm, true, ['sign', 'verify']);
}

function minted(certificate: x509.X509Certificate, privateKey: webcrypto.CryptoKey): Minted {
  const key = KeyObject.from(privateKey).export({ type: 'pkcs8', format: 'pem' });
  return { certificate: `${certificate.toString('pem').trimEnd()}\n`, key: key.toString() };
}

/** What all certificate authorities of ours carry. */
function authorityExtensions(pathLength: number | undefined, limits: NameLimits | null): x509.Extension[] {
  return [
    new x509.BasicConstraintsExtension(true, pathLength, true),
    keyUsage(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign),
    ...(limits ? [constraintsExtension(limits)] : []),
  ];
}

/** Reads a certificate and its key (PEM) to sign with. */
export async function readSigner(certificate: string, key: KeyObject): Promise<Signer> {
  return {
    certificate: new x509.X509Certificate(certificate),
    key: key.toCryptoKey(keyAlgorithm, false, ['sign']),
  };
}

/** A self-signed root: CA, no path length (its successor is signed by it), key identifiers, no EKU. */
export async function mintRoot(commonName: string, life: Validity, limits: NameLimits | null): Promise<Minted> {
  const keys = await newKeys();
  const root = await x509.X509CertificateGenerator.createSelfSigned({
    name: [{ CN: [commonName] }],
    keys,
    serialNumber: serialNumber(),
    ...validity(life),
    signingAlgorithm,
    extensions: [
      ...authorityExtensions(undefined, limits),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return minted(root, keys.privateKey);
}

/** `root`'s name and key signed by `old`, so that devices that know only the old root follow to the new one. PEM. */
export async function mintCross(root: string, old: Signer, life: Validity, limits: NameLimits | null): Promise<string> {
  const subject = new x509.X509Certificate(root);
  const cross = await x509.X509CertificateGenerator.create({
    subject: subject.subjectName,
    issuer: old.certificate.subjectName,
    publicKey: subject.publicKey,
    signingKey: old.key,
    serialNumber: serialNumber(),
    ...validity(life),
    signingAlgorithm,
    extensions: [
      ...authorityExtensions(1, limits),
      ...(await identifiers(subject.publicKey, old.certificate.publicKey)),
    ],
  });
  return `${cross.toString('pem').trimEnd()}\n`;
}

/** An intermediate that may sign leaves only (path length 0). */
export function mintIntermediate(
  commonName: string,
  root: Signer,
  life: Validity,
  limits: NameLimits | null,
): Promise<Minted> {
  return mintSigned(commonName, root, life, authorityExtensions(0, limits));
}

/** A client certificate: client authentication only, so that no server's passes for a client's; its holder's name is the common name. */
export function mintClient(name: string, issuer: Signer, life: Validity): Promise<Minted> {
  return mintSigned(name, issuer, life, leafExtensions(x509.ExtendedKeyUsage.clientAuth));
}

/**
 * A server certificate: names in the SAN, server authentication only. The common name repeats the first host name that fits
 * (64 characters), and never an address: OpenSSL would hold it against name constraints for host names. Without one the subject
 * is empty and the SAN critical (RFC 5280 section 4.2.1.6).
 */
export function mintLeaf(names: readonly SubjectName[], issuer: Signer, life: Validity): Promise<Minted> {
  const commonName = names.find(({ type, value }) => type === 'dns' && value.length <= 64)?.value ?? null;
  return mintSigned(commonName, issuer, life, [
    ...leafExtensions(x509.ExtendedKeyUsage.serverAuth),
    new x509.SubjectAlternativeNameExtension([...names], commonName === null),
  ]);
}

function leafExtensions(usage: x509.ExtendedKeyUsage): x509.Extension[] {
  return [
    new x509.BasicConstraintsExtension(false, undefined, true),
    keyUsage(x509.KeyUsageFlags.digitalSignature),
    new x509.ExtendedKeyUsageExtension([usage]),
  ];
}

/** A certificate with a key of its own, signed by `issuer`; an empty subject where `commonName` is null. */
async function mintSigned(
  commonName: string | null,
  issuer: Signer,
  life: Validity,
  extensions: readonly x509.Extension[],
): Promise<Minted> {
  const keys = await newKeys();
  const certificate = await x509.X509CertificateGenerator.create({
    subject: commonName === null ? [] : [{ CN: [commonName] }],
    issuer: issuer.certificate.subjectName,
    publicKey: keys.publicKey,
    signingKey: issuer.key,
    serialNumber: serialNumber(),
    ...validity(life),
    signingAlgorithm,
    extensions: [...extensions, ...(await identifiers(keys.publicKey, issuer.certificate.publicKey))],
  });
  return minted(certificate, keys.privateKey);
}
