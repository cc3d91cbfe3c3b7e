import { Agent, type RequestOptions, request } from 'node:https';
import { describeError, systemErrorCode } from '../../../model/errors.ts';
import { AcmeError } from './problem.ts';

interface AcmeRequest {
  readonly method: 'GET' | 'HEAD' | 'POST';
  /** A JWS in JSON; sent as `application/jose+json`. */
  readonly body?: string;
  readonly accept?: string;
  readonly signal?: AbortSignal | undefined;
}

export interface AcmeResponse {
  readonly url: string;
  readonly status: number;
  /** The single value of a field, several joined by ", "; name in lower case. */
  header(name: string): string | undefined;
  readonly body: string;
}

/** Carries one request to a CA. Rejects with an AcmeError of kind `unreachable` or `malformed`; any status is an answer. */
export type AcmeTransport = (url: string, request: AcmeRequest) => Promise<AcmeResponse>;

export interface TransportOptions {
  /** PEM roots to trust instead of the system's, for a CA with a private root. */
  readonly ca?: string | undefined;
  /** Whole request, milliseconds. */
  readonly timeout?: number;
  readonly userAgent?: string;
}

const longestBody = 1024 * 1024;

/** HTTPS to a CA by node:https. Redirects are not followed: RFC 8555 has none. */
export function httpsTransport(options: TransportOptions = {}): AcmeTransport {
  const agent = new Agent({ keepAlive: true, maxSockets: 8, ...(options.ca === undefined ? {} : { ca: options.ca }) });
  const timeout = options.timeout ?? 30_000;
  return (url, acmeRequest) => {
    if (!url.startsWith('https://') || !URL.canParse(url)) {
      return Promise.reject(new AcmeError(`${url} is not an https URL`, { kind: 'malformed', url }));
    }
    const timer = AbortSignal.timeout(timeout);
    const signal = acmeRequest.signal ? AbortSignal.any([timer, acmeRequest.signal]) : timer;
    const headers: Record<string, string> = { 'user-agent': options.userAgent ?? 'Sallyport' };
    if (acmeRequest.accept !== undefined) headers.accept = acmeRequest.accept;
    if (acmeRequest.body !== undefined) {
      headers['content-type'] = 'application/jose+json';
      headers['content-length'] = String(Buffer.byteLength(acmeRequest.body));
    }
    return exchange(url, { method: acmeRequest.method, agent, headers, signal }, acmeRequest.body).catch((error) => {
      if (error instanceof AcmeError) throw error;
      const reason = timer.aborted ? `no answer within ${timeout / 1000} s` : reachabilityText(error);
      throw new AcmeError(`${new URL(url).host}: ${reason}`, { kind: 'unreachable', url, cause: error });
    });
  };
}

function exchange(url: string, options: RequestOptions, body: string | undefined): Promise<AcmeResponse> {
  return new Promise((resolve, reject) => {
    const outgoing = request(url, options, (incoming) => {
      const chunks: Buffer[] = [];
      let size = 0;
      incoming.on('error', reject);
      incoming.on('data', (chunk: Buffer) => {
        size += chunk.length;
        if (size <= longestBody) chunks.push(chunk);
        else outgoing.destroy(new AcmeError(`${url}: answer beyond ${longestBody} bytes`, { kind: 'malformed', url }));
      });
      incoming.on('end', () => {
        resolve({
          url,
          status: incoming.statusCode ?? 0,
          header: (name) => incoming.headersDistinct[name]?.join(', '),
          body: Buffer.concat(chunks).toString('utf8'),
        });
      });
      incoming.on('close', () => reject(new Error('the connection was lost within the answer')));
    });
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

const reasons: Record<string, string> = {
  ENOTFOUND: 'its name cannot be resolved',
  EAI_AGAIN: 'its name cannot be resolved at the moment',
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'connection reset',
  ETIMEDOUT: 'connection timed out',
  ENETUNREACH: 'no route to its network',
  EHOSTUNREACH: 'no route to it',
  CERT_HAS_EXPIRED: 'its own certificate has expired (or this clock is wrong)',
  CERT_NOT_YET_VALID: 'its own certificate is not valid yet (or this clock is wrong)',
  SELF_SIGNED_CERT_IN_CHAIN: 'its own certificate comes from a root that is not trusted here',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its own certificate is self-signed and not trusted here',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its own certificate comes from a root that is not trusted here',
};

function reachabilityText(error: unknown): string {
  const code = systemErrorCode(error);
  const known = reasons[code];
  return known === undefined ? describeError(error) : `${known} (${code})`;
}
