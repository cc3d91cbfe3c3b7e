import { z } from 'zod';
import { readBody, requiredHeader } from './answer.ts';
import { type Identifier, identifierSchema } from './identifier.ts';
import { AcmeError, problemSchema } from './problem.ts';
import { retryAt } from './retry-after.ts';
import type { AcmeSession } from './session.ts';
import type { AcmeResponse } from './transport.ts';

const url = z.url({ protocol: /^https$/ });

/**
 * RFC 8555 section 7.1.3, states of section 7.1.6:
 *
 *     pending --all authorizations valid--> ready --finalize--> processing --issued--> valid
 *        \______________________ any error, or expiry ______________________________> invalid
 */
const orderSchema = z.object({
  status: z.enum(['pending', 'ready', 'processing', 'valid', 'invalid']),
  expires: z.string().optional(),
  identifiers: z.array(identifierSchema),
  authorizations: z.array(url),
  finalize: url,
  certificate: url.optional(),
  error: problemSchema.optional(),
});

/** An order with its address, and when the CA wants to be asked again. */
export interface Order extends z.infer<typeof orderSchema> {
  readonly url: string;
  readonly retryAt: number | undefined;
}

export interface OrderRequest {
  readonly identifiers: readonly Identifier[];
  /** RFC 9773 certificate identifier of the certificate this one follows; same CA and account only. */
  readonly replaces?: string | undefined;
  readonly profile?: string | undefined;
  /** Wanted end of validity; few CAs allow it. */
  readonly notAfter?: Date | undefined;
}

function readOrder(response: AcmeResponse, orderUrl: string, now: number): Order {
  const order = readBody(response, orderSchema, 'order');
  return { ...order, url: orderUrl, retryAt: retryAt(response.header('retry-after'), now) };
}

/** RFC 8555 section 7.4. */
export async function createOrder(session: AcmeSession, request: OrderRequest): Promise<Order> {
  const response = await session.send(session.directory.newOrder, {
    identifiers: request.identifiers,
    ...(request.replaces === undefined ? {} : { replaces: request.replaces }),
    ...(request.profile === undefined ? {} : { profile: request.profile }),
    ...(request.notAfter === undefined ? {} : { notAfter: request.notAfter.toISOString() }),
  });
  const orderUrl = new URL(requiredHeader(response, 'location'), session.directory.newOrder).href;
  return readOrder(response, orderUrl, session.now());
}

export async function fetchOrder(session: AcmeSession, orderUrl: string): Promise<Order> {
  return readOrder(await session.read(orderUrl), orderUrl, session.now());
}

/** Hands in the certificate signing request; `csr` is DER. The order then goes through `processing`. */
export async function finalizeOrder(session: AcmeSession, order: Order, csr: Uint8Array): Promise<Order> {
  const payload = { csr: Buffer.from(csr).toString('base64url') };
  return readOrder(await session.send(order.finalize, payload), order.url, session.now());
}

/** The error an invalid order ends in. */
export function orderError(order: Order): AcmeError {
  const problem = order.error ?? { type: 'about:blank', detail: 'the order became invalid', subproblems: [] };
  return new AcmeError(`order invalid: ${problem.detail}`, { kind: 'problem', url: order.url, problem });
}
