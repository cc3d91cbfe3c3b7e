import { createHash, X509Certificate } from 'node:crypto';
import { get } from 'node:http';
import { get as getTls } from 'node:https';
import { connect } from 'node:tls';
import { describeError, systemErrorCode } from '../../../model/errors.ts';
import { acmeTlsProtocol } from '../challenge/tls-alpn-01.ts';

/** What came back from one HTTP request. */
export interface HttpView {
  readonly status: number;
  readonly body: string;
  readonly server: string;
  readonly location: string;
  /** A content delivery network's mark, e.g. `Cloudflare`; ''. */
  readonly network: string;
}

/** Why nothing came back. */
export interface NoView {
  readonly failure: string;
}

/** How the doctor looks at addresses. */
export interface Probes {
  /** GET `url` at `address` instead of what its name resolves to. Any certificate is accepted, as CAs do after a redirect. */
  http(address: string, port: number, url: URL): Promise<HttpView | NoView>;
  /** SHA-256 (hex) of the certificate shown to a client that offers only acme-tls/1. */
  alpn(address: string, port: number, serverName: string): Promise<{ readonly fingerprint: string } | NoView>;
}

const timeout = 10_000;
const longestBody = 64 * 1024;

const failures: Record<string, string> = {
  ECONNREFUSED: 'connection refused',
  ETIMEDOUT: 'no answer',
  EHOSTUNREACH: 'host unreachable',
  ENETUNREACH: 'network unreachable',
  ECONNRESET: 'connection reset',
};

function failure(error: unknown): NoView {
  if (error instanceof Error && error.name === 'TimeoutError')
    return { failure: `no answer within ${timeout / 1000} s` };
  return { failure: failures[systemErrorCode(error)] ?? describeError(error) };
}

function networkOf(header: (name: string) => string): string {
  if (header('cf-ray') !== '') return 'Cloudflare';
  if (header('x-amz-cf-id') !== '') return 'CloudFront';
  if (/^(cache-|fastly)/i.test(header('x-served-by'))) return 'Fastly';
  return /akamai/i.test(header('server')) ? 'Akamai' : '';
}

function http(address: string, port: number, url: URL): Promise<HttpView | NoView> {
  const options = {
    host: address,
    port,
    path: `${url.pathname}${url.search}`,
    headers: { host: url.host, 'user-agent': 'Sallyport doctor' },
    agent: false as const,
    signal: AbortSignal.timeout(timeout),
  };
  const secure = { ...options, servername: url.hostname, rejectUnauthorized: false };
  return new Promise((resolve) => {
    const give = (error: unknown): void => resolve(failure(error));
    const outgoing = (url.protocol === 'https:' ? getTls(secure) : get(options)).on('error', give);
    outgoing.on('response', (incoming) => {
      const header = (name: string): string => incoming.headersDistinct[name]?.[0] ?? '';
      let body = '';
      const done = (): void =>
        resolve({
          status: incoming.statusCode ?? 0,
          body,
          server: header('server'),
          location: header('location'),
          network: networkOf(header),
        });
      incoming.setEncoding('latin1').on('error', give).on('end', done);
      incoming.on('data', (chunk: string) => {
        body += chunk;
        if (body.length > longestBody) {
          done();
          outgoing.destroy();
        }
      });
    });
  });
}

function alpn(address: string, port: number, serverName: string): Promise<{ readonly fingerprint: string } | NoView> {
  return new Promise((resolve) => {
    const socket = connect({
      host: address,
      port,
      servername: serverName,
      ALPNProtocols: [acmeTlsProtocol],
      rejectUnauthorized: false,
      timeout,
    });
    const end = (view: { readonly fingerprint: string } | NoView): void => {
      socket.destroy();
      resolve(view);
    };
    socket.on('error', (error) => end(failure(error)));
    socket.on('timeout', () => end({ failure: `no answer within ${timeout / 1000} s` }));
    socket.on('close', () => end({ failure: 'connection closed' }));
    socket.on('secureConnect', () => {
      const raw = socket.getPeerX509Certificate()?.raw;
      if (socket.alpnProtocol !== acmeTlsProtocol || !raw) end({ failure: 'the server does not speak acme-tls/1' });
      else end({ fingerprint: createHash('sha256').update(raw).digest('hex') });
    });
  });
}

/** Probes over the network. */
export const networkProbes: Probes = { http, alpn };

/** SHA-256 (hex) of the first certificate of a PEM text. */
export function fingerprintOf(chain: string): string {
  return createHash('sha256').update(new X509Certificate(chain).raw).digest('hex');
}
