import type { Socket } from 'node:net';
import { readProxyHeader } from '../../wire/tls/proxy-header.ts';
import type { ProxyHeader } from '../../wire/tls/proxy-header-result.ts';

/**
 * Reads the PROXY header with which a proxy introduces a connection, and puts back what stands behind it. `done` is called once, with
 * the header or with the reason why there is none; the socket is paused then. All of it must come within `timeout` milliseconds, 0 for any time.
 */
export function readIntroduction(raw: Socket, timeout: number, done: (outcome: ProxyHeader | string) => void): void {
  let received: Buffer = Buffer.alloc(0);
  const settle = (outcome: ProxyHeader | string): void => {
    clearTimeout(timer);
    raw.pause();
    raw.off('data', onData);
    raw.off('end', onEnd);
    raw.off('close', onEnd);
    done(outcome);
  };
  const onData = (chunk: Buffer): void => {
    received = received.length === 0 ? chunk : Buffer.concat([received, chunk]);
    const result = readProxyHeader(received);
    if (result.kind === 'more') return;
    if (result.kind === 'failure') return settle(result.reason);
    raw.pause();
    if (result.length < received.length) raw.unshift(received.subarray(result.length));
    settle(result);
  };
  const onEnd = (): void => settle('closed by the client');
  const timer = timeout > 0 ? setTimeout(() => settle('took too long'), timeout) : undefined;
  raw.on('data', onData);
  raw.on('end', onEnd);
  raw.on('close', onEnd);
}
