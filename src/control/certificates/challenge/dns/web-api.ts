import { type RequestOptions, request } from 'node:https';
import { describeError } from '../../../../model/errors.ts';
import { ChallengeError } from '../solver.ts';

export interface WebRequest {
  readonly method?: 'GET' | 'POST' | 'DELETE';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** PEM roots instead of the system's. */
  readonly ca?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface WebAnswer {
  readonly status: number;
  readonly body: string;
}

const longestBody = 1024 * 1024;
const timeout = 30_000;

/**
 * One request to a web API by HTTPS. Rejects with a ChallengeError that names only the host: paths and fields may hold
 * secrets.
 */
export async function callWebApi(url: URL, options: WebRequest = {}): Promise<WebAnswer> {
  const { method = 'GET', headers = {}, body, ca, signal } = options;
  const timer = AbortSignal.timeout(timeout);
  const settings: RequestOptions = {
    method,
    headers: {
      'user-agent': 'Sallyport',
      ...headers,
      ...(body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) }),
    },
    signal: signal ? AbortSignal.any([timer, signal]) : timer,
    agent: false,
    ...(ca === undefined ? {} : { ca }),
  };
  try {
    return await exchange(url, settings, body);
  } catch (error) {
    const reason = timer.aborted ? 'no answer within 30 s' : describeError(error);
    throw new ChallengeError(`${url.host}: ${reason}`, { reason: 'trouble' });
  }
}

function exchange(url: URL, settings: RequestOptions, body: string | undefined): Promise<WebAnswer> {
  return new Promise((resolve, reject) => {
    const outgoing = request(url, settings, (incoming) => {
      let text = '';
      incoming.setEncoding('utf8');
      incoming.on('error', reject);
      incoming.on('data', (chunk: string) => {
        text += chunk;
        if (text.length > longestBody) outgoing.destroy(new Error('answer too long'));
      });
      incoming.on('end', () => resolve({ status: incoming.statusCode ?? 0, body: text }));
      incoming.on('close', () => reject(new Error('the connection was lost within the answer')));
    });
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}
