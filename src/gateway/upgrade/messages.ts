/**
 * What a running program and the one that is to take its place say to each other, over the channel that Node opens between parent and child.
 * The two may be of different versions: a change of these messages must be understood, or refused in words, by the version before.
 *
 *     old                                        new
 *      │ ◀──────────────── hello ──────────────── │   started by the old one, with the same arguments
 *      │ ── socket, socket, … begin ────────────▶ │   opens its data plane on the same sockets; now both accept
 *      │ ◀──────────────── ready ──────────────── │   (or `failed`, or it ends: then the old one goes on)
 *   lets go of renewals, gives the state's lock   │
 *      │ ──────────────── yours ────────────────▶ │   puts its control socket in place of the old one's, renews
 *      │ ◀─────────────── serving ─────────────── │
 *   accepts no more, drains, ends
 */
import type { Owner } from '../../control/certificates/vault/owner.ts';
import type { BoundAddress } from '../../model/settings.ts';
import type { TicketSecrets } from '../../traffic/listen/ticket-keys.ts';
import type { ReadySocket } from '../systemd/activated-sockets.ts';

/** The variable by which a process is told that it takes the place of the one that started it. */
export const successorMark = 'SALLYPORT_SUCCESSOR';

/** What the old program leaves. */
export interface Bequest {
  readonly sockets: readonly ReadySocket[];
  /** Tickets of the old one are good at the new one. */
  readonly tickets: TicketSecrets;
}

export type ToSuccessor =
  | { readonly kind: 'socket'; readonly door: string; readonly address: BoundAddress }
  | { readonly kind: 'begin'; readonly tickets: TicketSecrets }
  | { readonly kind: 'yours' };

export type FromSuccessor =
  | { readonly kind: 'hello'; readonly version: string }
  | { readonly kind: 'ready'; readonly owner: Owner }
  | { readonly kind: 'failed'; readonly messages: readonly string[] }
  | { readonly kind: 'serving' };
