import { X509Certificate } from 'node:crypto';
import { checkStatus } from './answer.ts';
import { linkTargets } from './link.ts';
import { AcmeError } from './problem.ts';
import type { AcmeSession } from './session.ts';
import type { AcmeResponse } from './transport.ts';

const pemCertificate = /-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+?-----END CERTIFICATE-----/g;

/** The certificates of a PEM text, each ending in a newline. */
function splitChain(pem: string): string[] {
  return (pem.match(pemCertificate) ?? []).map((one) => `${one}\n`);
}

/** A chain as the CA sent it, leaf first, normalised PEM. Throws `malformed` when a part of it is no certificate. */
function readChain(response: AcmeResponse, now: number): string {
  checkStatus(response, now);
  const parts = splitChain(response.body);
  try {
    for (const part of parts) new X509Certificate(part);
  } catch {
    parts.length = 0;
  }
  if (parts.length > 0) return parts.join('');
  const host = new URL(response.url).host;
  throw new AcmeError(`${host} sent no readable certificate`, { kind: 'malformed', url: response.url });
}

/** Whether the chain's topmost certificate was issued by a root with this common name. */
function endsAt(chain: string, root: string): boolean {
  const top = splitChain(chain).at(-1);
  return top !== undefined && new X509Certificate(top).issuer.split('\n').includes(`CN=${root}`);
}

/**
 * Downloads the issued chain (RFC 8555 section 7.4.2), leaf first. When `preferredRoot` names the common name of a
 * root, the first alternate chain that ends there is taken; the CA's default chain if none does.
 */
export async function downloadCertificate(session: AcmeSession, url: string, preferredRoot = ''): Promise<string> {
  const type = 'application/pem-certificate-chain';
  const response = await session.read(url, type);
  const chain = readChain(response, session.now());
  if (preferredRoot === '' || endsAt(chain, preferredRoot)) return chain;
  for (const alternate of linkTargets(response.header('link'), 'alternate', url)) {
    const other = readChain(await session.read(alternate, type), session.now());
    if (endsAt(other, preferredRoot)) return other;
  }
  return chain;
}
