import { z } from 'zod';
import { checkStatus, readBody } from './answer.ts';
import type { AcmeTransport } from './transport.ts';

const url = z.url({ protocol: /^https$/ });

/** RFC 8555 section 7.1.1; `renewalInfo` by RFC 9773, `profiles` by the ACME profiles extension. */
const directorySchema = z.object({
  newNonce: url,
  newAccount: url,
  newOrder: url,
  revokeCert: url.optional(),
  keyChange: url.optional(),
  renewalInfo: url.optional(),
  meta: z
    .object({
      termsOfService: z.string().optional(),
      externalAccountRequired: z.boolean().optional(),
      caaIdentities: z.array(z.string()).optional(),
      profiles: z.record(z.string(), z.string()).optional(),
    })
    .optional(),
});

export type Directory = z.infer<typeof directorySchema>;

export interface FetchedDirectory {
  readonly directory: Directory;
  /** The CA's own clock at the answer, wall-clock milliseconds; undefined when it sent no Date field. */
  readonly serverTime: number | undefined;
}

/** Reads a CA's directory: the only URL a client may know beforehand. */
export async function fetchDirectory(
  transport: AcmeTransport,
  address: string,
  now: number,
  signal?: AbortSignal,
): Promise<FetchedDirectory> {
  const response = await transport(address, { method: 'GET', accept: 'application/json', signal });
  checkStatus(response, now);
  const date = Date.parse(response.header('date') ?? '');
  return {
    directory: readBody(response, directorySchema, 'directory'),
    serverTime: Number.isNaN(date) ? undefined : date,
  };
}
