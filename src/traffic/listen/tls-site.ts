import type { Server, TLSSocket } from 'node:tls';
import type { ClientTrust } from '../../model/access.ts';
import { describeError, UserError } from '../../model/errors.ts';
import type { CertificatePair, Site } from '../../model/site.ts';
import { trustId } from '../shown-certificate.ts';
import { isTicketOf, type SiteTicketKeys } from './ticket-keys.ts';
import { createTlsServer } from './tls-policy.ts';

/** What TLS servers report to. */
export interface HandshakeEvents {
  handshakeFinished(socket: TLSSocket): void;
  handshakeFailed(error: Error, socket: TLSSocket): void;
}

/** Application protocols offered on the HTTPS port, most wanted first. */
const protocolsWith = { http2: ['h2', 'http/1.1'], http1: ['http/1.1'] } as const;

/**
 * The TLS servers of one site. A server a site, because its context holds ticket keys and session id context:
 * sessions cannot wander between sites, nor outlive a change of the client certificates that count. A handshake costs the same as with one server for all.
 *
 * Node's contexts hold one ticket key. Tickets made before the last rotation are therefore recognised by their
 * key name in the ClientHello and handed to a second server that still has that key.
 */
export class SiteServers {
  readonly #name: string;
  readonly #pairs: readonly CertificatePair[];
  readonly #http2: boolean;
  readonly #clientTrust: ClientTrust | undefined;
  readonly #trustId: string;
  readonly #keys: SiteTicketKeys;
  readonly #events: HandshakeEvents;
  readonly #current: Server;
  /** Made when the first such ticket arrives. */
  #previous: Server | null = null;

  /** Throws a UserError `certificate-unusable` when OpenSSL refuses a pair. */
  constructor(site: Site, http2: boolean, keys: SiteTicketKeys, events: HandshakeEvents) {
    this.#name = site.name;
    this.#pairs = site.certificates;
    this.#http2 = http2;
    this.#clientTrust = site.clientTrust;
    this.#trustId = trustId(site.clientTrust);
    this.#keys = keys;
    this.#events = events;
    this.#current = this.#make(keys.current);
  }

  /** The server for a client that offers these tickets. */
  select(tickets: readonly Buffer[]): Server {
    if (!tickets.some((ticket) => isTicketOf(this.#keys.previous, ticket))) return this.#current;
    this.#previous ??= this.#make(this.#keys.previous);
    return this.#previous;
  }

  /** Whether these servers are what `site` wants. */
  serve(site: Site, http2: boolean): boolean {
    const pairs = this.#pairs;
    if (trustId(site.clientTrust) !== this.#trustId) return false;
    if (http2 !== this.#http2 || site.name !== this.#name || site.certificates.length !== pairs.length) return false;
    return site.certificates.every(
      ({ chain, key }, index) => chain === pairs[index]?.chain && key === pairs[index]?.key,
    );
  }

  #make(ticketKeys: Buffer): Server {
    try {
      const purpose = `site ${this.#name} ${this.#trustId}`;
      const protocols = this.#http2 ? protocolsWith.http2 : protocolsWith.http1;
      const options = { purpose, pairs: this.#pairs, protocols, ticketKeys, clientTrust: this.#clientTrust };
      return listenTo(createTlsServer(options), this.#events);
    } catch (error) {
      throw new UserError(`The certificate of site ${this.#name} cannot be used: ${describeError(error)}`, {
        code: 'certificate-unusable',
        cure: 'Check that certificate and key are PEM files that belong together.',
        cause: error,
      });
    }
  }
}

/** Passes on how each handshake of `server` ends. */
export function listenTo(server: Server, events: HandshakeEvents): Server {
  server.on('secureConnection', (socket) => events.handshakeFinished(socket));
  server.on('tlsClientError', (error, socket) => events.handshakeFailed(error, socket));
  return server;
}
