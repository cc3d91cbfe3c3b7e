import { constants, createHash } from 'node:crypto';
import { createSecureContext, createServer, type Server, type TlsOptions } from 'node:tls';
import type { ClientTrust } from '../../model/access.ts';
import type { CertificatePair } from '../../model/site.ts';

/**
 * Mozilla's "intermediate" profile: TLS 1.2 and 1.3, forward secrecy and AEAD only. Its finite-field DHE suites are left out:
 * they serve no client that ECDHE does not, and are a cheap way to make a server work.
 *
 * The profile leaves the order to the client, so that phones without AES instructions get ChaCha20. OpenSSL can do both:
 * the server's order counts, with AES-128 first because it makes handshakes 10 % cheaper than the AES-256 that most clients would
 * take, and a client that puts ChaCha20 first gets it (SSL_OP_PRIORITIZE_CHACHA).
 */
const ciphers = [
  'TLS_AES_128_GCM_SHA256',
  'TLS_AES_256_GCM_SHA384',
  'TLS_CHACHA20_POLY1305_SHA256',
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  'ECDHE-RSA-CHACHA20-POLY1305',
].join(':');

/**
 * X25519MLKEM768 keeps what is recorded now from being read in twenty years. It is used with clients that offer it only, and adds
 * about half of what X25519 costs to their full handshakes.
 */
const groups = ['X25519MLKEM768:X25519:prime256v1:secp384r1', 'X25519:prime256v1:secp384r1'];

/** The first list of groups that the OpenSSL of this runtime knows. */
const ecdhCurve = groups.find(isSupported) ?? 'auto';

function isSupported(list: string): boolean {
  try {
    createSecureContext({ ca: [], ecdhCurve: list });
    return true;
  } catch {
    return false;
  }
}

const policy: TlsOptions = Object.freeze({
  // No public root vouches for a client: loading them would cost start-up time, and make OpenSSL look for a chain among them.
  ca: [],
  minVersion: 'TLSv1.2',
  maxVersion: 'TLSv1.3',
  ciphers,
  honorCipherOrder: true,
  ecdhCurve,
  // Seconds a session may be resumed: as long as its ticket key can live.
  sessionTimeout: 86_400,
  secureOptions: constants.SSL_OP_NO_RENEGOTIATION | constants.SSL_OP_PRIORITIZE_CHACHA,
});

/** What a {@link createTlsServer} is for. */
export interface TlsServerOptions {
  /** Keeps sessions of one purpose from being resumed for another. */
  readonly purpose: string;
  /** Several pairs of different key types: OpenSSL serves the one the client's signature algorithms ask for. */
  readonly pairs: readonly CertificatePair[];
  readonly protocols: readonly string[];
  /** 48 octets; without them no session can be resumed elsewhere. */
  readonly ticketKeys?: Buffer;
  /** Clients are asked for a certificate, and told these CAs' names. The handshake succeeds whatever they show. */
  readonly clientTrust?: ClientTrust | undefined;
}

/**
 * A TLS server that never listens: it is given sockets by `emit('connection', socket)`.
 * Throws OpenSSL's error when a pair cannot be loaded or does not match.
 */
export function createTlsServer(options: TlsServerOptions): Server {
  return createServer({
    ...policy,
    cert: options.pairs.map((pair) => pair.chain),
    key: options.pairs.map((pair) => pair.key),
    ALPNProtocols: [...options.protocols],
    sessionIdContext: createHash('sha256').update(options.purpose).digest('hex').slice(0, 32),
    ...(options.ticketKeys && { ticketKeys: options.ticketKeys }),
    ...(options.clientTrust && clientOptions(options.clientTrust)),
  });
}

/** A refused handshake tells a person nothing, so who has shown what is judged when the request is there. */
function clientOptions({ ca, revocations }: ClientTrust): TlsOptions {
  return {
    ca,
    ...(revocations.length > 0 && { crl: [...revocations] }),
    requestCert: true,
    rejectUnauthorized: false,
    allowPartialTrustChain: true,
  };
}
