import 'reflect-metadata';
import { AuthorityKeyIdentifierExtension, X509Certificate } from '@peculiar/x509';
import { z } from 'zod';
import { checkStatus, readBody } from './answer.ts';
import { AcmeError } from './problem.ts';
import { retryAt } from './retry-after.ts';
import type { AcmeTransport } from './transport.ts';

/**
 * The identifier of a certificate by RFC 9773 section 4.1: base64url of its AKI's key identifier, a dot, base64url of
 * its serial number as DER writes it (a leading zero octet when the top bit is set). '' for one without an AKI.
 */
export function certificateId(chain: string): string {
  const leaf = new X509Certificate(chain);
  const issuerKey = leaf.getExtension(AuthorityKeyIdentifierExtension)?.keyId;
  if (!issuerKey) return '';
  const hex = leaf.serialNumber.length % 2 === 0 ? leaf.serialNumber : `0${leaf.serialNumber}`;
  const serial = Buffer.from(hex, 'hex');
  const padded = (serial[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.of(0), serial]) : serial;
  return `${Buffer.from(issuerKey, 'hex').toString('base64url')}.${padded.toString('base64url')}`;
}

const infoSchema = z.object({
  suggestedWindow: z.object({ start: z.iso.datetime({ offset: true }), end: z.iso.datetime({ offset: true }) }),
  explanationURL: z.url().optional().catch(undefined),
});

/** When the CA would like a certificate to be renewed; wall-clock milliseconds. */
export interface RenewalInfo {
  readonly start: number;
  readonly end: number;
  readonly explanation: string;
  /** When the CA wants to be asked again; undefined when it did not say. */
  readonly retryAt: number | undefined;
}

/** Reads the suggested window (RFC 9773 section 4.2). A window that does not end after its start is `malformed`. */
export async function fetchRenewalInfo(
  transport: AcmeTransport,
  base: string,
  id: string,
  now: number,
  signal?: AbortSignal,
): Promise<RenewalInfo> {
  const url = `${base.replace(/\/$/, '')}/${id}`;
  const response = await transport(url, { method: 'GET', accept: 'application/json', signal });
  checkStatus(response, now);
  const info = readBody(response, infoSchema, 'renewal information');
  const start = Date.parse(info.suggestedWindow.start);
  const end = Date.parse(info.suggestedWindow.end);
  if (!(start < end)) throw new AcmeError('the renewal window ends before it starts', { kind: 'malformed', url });
  return { start, end, explanation: info.explanationURL ?? '', retryAt: retryAt(response.header('retry-after'), now) };
}
