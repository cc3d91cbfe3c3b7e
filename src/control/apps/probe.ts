import { request } from 'node:http';
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { Target } from '../../model/site.ts';

export interface ProbeOptions {
  readonly target: Target;
  /** Path that must be answered with 2xx or 3xx; null: any answer of `/` will do. */
  readonly path: string | null;
  readonly host: string;
  /** Ends the asking. */
  readonly signal: AbortSignal;
}

const interval = 100;
/** Longest wait for one answer, milliseconds. */
const patience = 10_000;

/** Asks an app until it answers. Resolves with true, or false when told to end; never rejects. */
export async function waitUntilReady(options: ProbeOptions): Promise<boolean> {
  while (!options.signal.aborted) {
    if (await answers(options)) return !options.signal.aborted;
    await delay(interval, undefined, { signal: options.signal }).catch(() => {});
  }
  return false;
}

function answers({ target, path, host, signal }: ProbeOptions): Promise<boolean> {
  return new Promise((resolve) => {
    const place = target.kind === 'unix' ? { socketPath: target.path } : { host: target.host, port: target.port };
    const method = path === null ? 'HEAD' : 'GET';
    const headers = { host, 'user-agent': 'sallyport (is the app ready?)', 'x-forwarded-proto': 'https' };
    const limits = { signal: AbortSignal.any([signal, AbortSignal.timeout(patience)]) };
    const asking = request({ ...place, method, path: path ?? '/', headers, agent: false, ...limits });
    asking.on('error', () => resolve(false));
    asking.on('response', ({ statusCode = 0 }) => {
      asking.destroy();
      resolve(path === null || (statusCode >= 200 && statusCode < 400));
    });
    asking.end();
  });
}

/** Whether anybody accepts connections on a port of 127.0.0.1. */
export function somebodyListens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
