import { request as plainRequest } from 'node:http';
import { type RequestOptions, request as tlsRequest } from 'node:https';
import type { Clock } from '../../../model/clock.ts';
import { describeError } from '../../../model/errors.ts';
import type { Log } from '../../../model/log.ts';
import { pause } from '../acme/poll.ts';
import type { CertificateEvent } from './alarm.ts';
import { eventFacts } from './event-facts.ts';

export interface WebhookOptions {
  /** http or https. Its path and query may hold a secret and are never logged. */
  readonly url: string;
  readonly clock: Clock;
  readonly log: Log;
  /** PEM roots instead of the system's. */
  readonly ca?: string | undefined;
}

/** Waits before the second, third and fourth try. */
const waits = [1000, 10_000, 60_000];

function post(url: URL, body: string, ca: string | undefined): Promise<number> {
  const options: RequestOptions = {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
      'user-agent': 'Sallyport',
    },
    signal: AbortSignal.timeout(15_000),
    agent: false,
    ...(ca === undefined ? {} : { ca }),
  };
  return new Promise((resolve, reject) => {
    const outgoing = url.protocol === 'https:' ? tlsRequest(url, options) : plainRequest(url, options);
    outgoing.on('error', reject);
    outgoing.on('response', (incoming) => {
      incoming.on('error', reject).resume();
      incoming.on('end', () => resolve(incoming.statusCode ?? 0));
    });
    outgoing.end(body);
  });
}

/**
 * Posts events as JSON. Resolves when the receiver took it (2xx) or after four tries; the last failure is logged.
 */
export function webhook(options: WebhookOptions): (event: CertificateEvent) => Promise<void> {
  const url = new URL(options.url);
  return async (event) => {
    const body = JSON.stringify(eventFacts(event));
    for (let attempt = 0; ; attempt++) {
      const problem = await post(url, body, options.ca).then(
        (status) => (status >= 200 && status < 300 ? '' : `status ${status}`),
        describeError,
      );
      const wait = waits[attempt];
      if (problem === '') return;
      if (wait === undefined) {
        options.log.error('the certificate webhook failed', { host: url.host, event: event.event, error: problem });
        return;
      }
      await pause(options.clock, wait);
    }
  };
}
