import 'reflect-metadata';
import type { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import * as x509 from '@peculiar/x509';
import type { ClientTrust } from '../../../model/access.ts';
import { describeError, UserError } from '../../../model/errors.ts';
import type { Log } from '../../../model/log.ts';
import { readText } from '../files/load.ts';
import { readChain, writeChain } from '../x509/chain.ts';

/** Where a site's trust in clients is read from. */
export interface TrustFiles {
  readonly ca: string;
  /** null: no revocation lists. */
  readonly revocations: string | null;
}

/**
 * Reads the CAs and revocation lists of a site. Throws a UserError that names the file and what is wrong with it; what will refuse
 * clients, such as a list that has ended, is a warning.
 */
export async function loadTrust(files: TrustFiles, now: number, log: Log): Promise<ClientTrust> {
  const authorities = parseAuthorities(await readText(files.ca, 'CA file of client certificates'), files.ca);
  const ca = writeChain(authorities);
  for (const { subject, validToDate } of authorities) {
    if (validToDate.getTime() > now) continue;
    log.warn('A CA of client certificates has expired: its clients are refused', {
      file: files.ca,
      subject: oneLine(subject),
    });
  }
  if (files.revocations === null) return { ca, revocations: [], revoked: [] };
  const lists = await readLists(files.revocations);
  warnOfLists(lists, authorities, files.revocations, now, log);
  const revoked = lists.flatMap(({ entries }) => entries.map(({ serialNumber }) => plainSerial(serialNumber)));
  return { ca, revoked, revocations: lists.map(({ rawData }) => x509.PemConverter.encode(rawData, 'X509 CRL')) };
}

function parseAuthorities(pem: string, path: string): readonly X509Certificate[] {
  let certificates: readonly X509Certificate[] = [];
  try {
    certificates = readChain(pem);
  } catch {
    // Told below: no certificate could be read.
  }
  if (certificates.length === 0) {
    throw new UserError(`${path} holds no certificate in PEM form`, {
      code: 'client-ca-invalid',
      cure: 'A PEM file has -----BEGIN CERTIFICATE----- in it. From DER: openssl x509 -inform der -in FILE -out FILE.pem',
    });
  }
  const leaf = certificates.find((certificate) => !certificate.ca);
  if (leaf === undefined) return certificates;
  throw new UserError(`${path} holds a certificate that is no CA's: ${oneLine(leaf.subject)}`, {
    code: 'client-ca-invalid',
    cure: 'Name the file with the certificate of the CA that signed those of the clients.',
  });
}

const listBlock = /-----BEGIN X509 CRL-----[\s\S]*?-----END X509 CRL-----/g;

async function readLists(path: string): Promise<readonly x509.X509Crl[]> {
  const octets = await readFile(path).catch((error: unknown) => {
    throw new UserError(`Cannot read the revocation list ${path}: ${describeError(error)}`, {
      code: 'revocations-unreadable',
      cure: 'Correct the path, or let the user that runs Sallyport read the file.',
      cause: error,
    });
  });
  const blocks = octets.toString('latin1').match(listBlock) ?? [];
  try {
    if (blocks.length > 0) return blocks.map((block) => new x509.X509Crl(block));
    return [new x509.X509Crl(new Uint8Array(octets))];
  } catch {
    throw new UserError(`${path} holds no revocation list in PEM or DER form`, {
      code: 'revocations-invalid',
      cure: 'Make it with `openssl ca -gencrl`, or fetch it from the CA again.',
    });
  }
}

function warnOfLists(
  lists: readonly x509.X509Crl[],
  authorities: readonly X509Certificate[],
  file: string,
  now: number,
  log: Log,
): void {
  for (const { issuer, nextUpdate } of lists) {
    if (nextUpdate === undefined || nextUpdate.getTime() > now) continue;
    const ended = nextUpdate.toISOString();
    log.error('A revocation list has ended: clients of its CA are refused until there is a new one', {
      file,
      issuer,
      ended,
    });
  }
  const issuers = new Set(lists.map(({ issuer }) => issuer));
  for (const authority of authorities) {
    const { subject } = new x509.X509Certificate(authority.raw);
    if (issuers.has(subject)) continue;
    log.error('No revocation list of a CA: its clients are refused', { file, ca: subject });
  }
}

/** As `X509Certificate.serialNumber` writes it. */
function plainSerial(serial: string): string {
  return serial.replace(/^0+(?=.)/, '').toUpperCase();
}

function oneLine(subject: string | undefined): string {
  return (subject ?? '').replaceAll('\n', ', ');
}
