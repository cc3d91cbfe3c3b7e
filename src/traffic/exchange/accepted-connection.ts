import type { Socket } from 'node:net';
import type { Site } from '../../model/site.ts';
import type { ShownCertificate } from '../shown-certificate.ts';

/**
 * A client connection that is ready for its first request: on the HTTPS port its handshake is done.
 * Both sockets have an 'error' listener already; 'close' tells the end.
 */
export interface AcceptedConnection {
  /** Where requests are read and answers written: a TLSSocket, or `raw` itself on the HTTP port. Half-open is allowed. */
  readonly socket: Socket;
  /** The TCP socket: the one to call `resetAndDestroy()` on, which throws on a TLSSocket. */
  readonly raw: Socket;
  readonly secure: boolean;
  /** The site whose certificate was served; null on the HTTP port. */
  readonly site: Site | null;
  /** The name the client asked for by SNI, normalised; '' when it named none. */
  readonly serverName: string;
  /** As negotiated by ALPN. */
  readonly protocol: 'http/1.1' | 'h2';
  /** `TLSv1.3`, `TLSv1.2`; '' on the HTTP port. */
  readonly tlsVersion: string;
  /** What the client has shown of itself; null where the site does not ask. */
  readonly clientCertificate: ShownCertificate | null;
  /** Name of the cipher suite as OpenSSL calls it; '' on the HTTP port. */
  readonly cipher: string;
  /** IPv4 addresses that came through an IPv6 socket are in dotted form. */
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly localAddress: string;
  readonly localPort: number;
  /** Wall-clock milliseconds of the TCP accept. */
  readonly acceptedAt: number;
}
