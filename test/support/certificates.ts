import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  PemConverter,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509CertificateGenerator,
} from '@peculiar/x509';

/** A root and one leaf under it, ECDSA P-256, valid for a day either way; files for programs that want paths. */
export interface TestCertificate {
  /** PEM texts. */
  readonly root: string;
  readonly certificate: string;
  readonly key: string;
  readonly rootFile: string;
  readonly certificateFile: string;
  readonly keyFile: string;
  /** Certificate and key in one file. */
  readonly combinedFile: string;
}

const day = 86_400_000;
const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;

function generateKeys(): Promise<CryptoKeyPair> {
  return webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']) as Promise<CryptoKeyPair>;
}
type CryptoKeyPair = webcrypto.CryptoKeyPair;

/** Makes a root and a leaf for DNS names and IP addresses, and writes them into `directory`. */
export async function makeCertificate(directory: string, names: readonly string[]): Promise<TestCertificate> {
  const notBefore = new Date(Date.now() - day);
  const notAfter = new Date(Date.now() + day);
  const rootKeys = await generateKeys();
  const root = await X509CertificateGenerator.createSelfSigned({
    name: 'CN=Sallyport test root',
    keys: rootKeys,
    signingAlgorithm: algorithm,
    notBefore,
    notAfter,
    extensions: [
      new BasicConstraintsExtension(true, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
      await SubjectKeyIdentifierExtension.create(rootKeys.publicKey),
    ],
  });
  const leafKeys = await generateKeys();
  const leaf = await X509CertificateGenerator.create({
    subject: `CN=${names[0] ?? 'localhost'}`,
    issuer: root.subject,
    publicKey: leafKeys.publicKey,
    signingKey: rootKeys.privateKey,
    signingAlgorithm: algorithm,
    notBefore,
    notAfter,
    extensions: [
      new BasicConstraintsExtension(false, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
      new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth]),
      new SubjectAlternativeNameExtension(
        names.map((name) => ({ type: /^[\d.]+$|:/.test(name) ? 'ip' : 'dns', value: name }) as const),
      ),
    ],
  });
  const key = PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', leafKeys.privateKey), 'PRIVATE KEY');
  const made = {
    root: `${root.toString('pem')}\n`,
    certificate: `${leaf.toString('pem')}\n`,
    key: `${key}\n`,
    rootFile: join(directory, 'root.pem'),
    certificateFile: join(directory, 'certificate.pem'),
    keyFile: join(directory, 'key.pem'),
    combinedFile: join(directory, 'combined.pem'),
  };
  await writeFile(made.rootFile, made.root);
  await writeFile(made.certificateFile, made.certificate);
  await writeFile(made.keyFile, made.key, { mode: 0o600 });
  await writeFile(made.combinedFile, made.certificate + made.key, { mode: 0o600 });
  return made;
}
