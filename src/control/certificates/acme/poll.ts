import type { Clock } from '../../../model/clock.ts';
import { AcmeError } from './problem.ts';

/** Resolves after `milliseconds` of `clock`; rejects at once with the signal's reason when it is aborted. */
export function pause(clock: Clock, milliseconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const onAbort = (): void => {
      timer.cancel();
      reject(signal?.reason);
    };
    const timer = clock.after(milliseconds, () => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    });
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}

export interface PollOptions {
  readonly clock: Clock;
  readonly signal?: AbortSignal | undefined;
  /** How long to go on, milliseconds. */
  readonly patience?: number;
  /** What is awaited, for the error text. */
  readonly what: string;
  readonly url: string;
}

const firstWait = 250;
const longestWait = 10_000;

/**
 * Reads a resource until `done` is true of it, waiting as the CA asks by Retry-After (clamped to 0.25 … 60 s),
 * else twice as long each time. Rejects with an `unreachable` AcmeError when patience ends.
 */
export async function pollUntil<T extends { readonly retryAt: number | undefined }>(
  options: PollOptions,
  read: () => Promise<T>,
  done: (value: T) => boolean,
): Promise<T> {
  const started = options.clock.now();
  const patience = options.patience ?? 180_000;
  let waited = 0;
  for (let wait = firstWait; ; wait = Math.min(wait * 2, longestWait)) {
    const value = await read();
    if (done(value)) return value;
    if (waited >= patience || Math.abs(options.clock.now() - started) >= patience) {
      const text = `${new URL(options.url).host}: ${options.what} took longer than ${patience / 1000} s`;
      throw new AcmeError(text, { kind: 'unreachable', url: options.url });
    }
    const asked = value.retryAt === undefined ? wait : value.retryAt - options.clock.now();
    const chosen = Math.min(Math.max(asked, firstWait), 60_000);
    waited += chosen;
    await pause(options.clock, chosen, options.signal);
  }
}
