import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';

export interface RawOptions {
  /** Speak TLS: the name to ask for and the PEM root to verify with; omit `root` only where verification is not the point. */
  readonly tls?: { readonly name: string; readonly root?: string; readonly alpn?: readonly string[] };
  /** How long to read at most. Default ten seconds. */
  readonly milliseconds?: number;
  /** Close the own direction after the last byte; by default it stays open, as clients do. */
  readonly halfClose?: boolean;
  /** Stop reading as soon as this holds of everything read (as latin1), e.g. for an answer on a connection that stays open. */
  readonly until?: (text: string) => boolean;
}

export interface RawAnswer {
  readonly bytes: Buffer;
  /** The bytes as latin1. */
  readonly text: string;
  /** `closed` by the peer, `reset` by the peer or refused, `deadline`, or `until` when that condition held. */
  readonly end: 'closed' | 'reset' | 'deadline' | 'until';
  readonly error: Error | null;
}

/**
 * Sends exact bytes to a port of 127.0.0.1 and returns everything read until the peer closes. Strings are latin1;
 * of several pieces each is sent in a segment of its own. Never rejects: how it ended is part of the answer.
 */
export function rawExchange(
  port: number,
  bytes: string | Uint8Array | readonly (string | Uint8Array)[],
  options: RawOptions = {},
): Promise<RawAnswer> {
  const pieces = typeof bytes === 'string' || bytes instanceof Uint8Array ? [bytes] : bytes;
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let failure: Error | null = null;
    const socket = open(port, options);
    const finish = (end: RawAnswer['end']): void => {
      clearTimeout(deadline);
      socket.destroy();
      const all = Buffer.concat(chunks);
      resolve({ bytes: all, text: all.toString('latin1'), end, error: failure });
    };
    const deadline = setTimeout(() => finish('deadline'), options.milliseconds ?? 10_000);
    socket.setNoDelay(true);
    socket.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      if (options.until?.(Buffer.concat(chunks).toString('latin1'))) finish('until');
    });
    socket.on('error', (error) => {
      failure = error;
    });
    socket.on('end', () => finish('closed'));
    socket.on('close', () => finish(failure ? 'reset' : 'closed'));
    socket.once(options.tls ? 'secureConnect' : 'connect', () => void send(socket, pieces, options.halfClose ?? false));
  });
}

function open(port: number, { tls }: RawOptions): Socket {
  if (!tls) return connectTcp({ port, host: '127.0.0.1', allowHalfOpen: true });
  return connectTls({
    port,
    host: '127.0.0.1',
    servername: tls.name,
    ...(tls.root === undefined ? { rejectUnauthorized: false } : { ca: tls.root }),
    ...(tls.alpn === undefined ? {} : { ALPNProtocols: [...tls.alpn] }),
  });
}

async function send(socket: Socket, pieces: readonly (string | Uint8Array)[], halfClose: boolean): Promise<void> {
  for (const piece of pieces) {
    if (!socket.writable) return;
    const buffer = typeof piece === 'string' ? Buffer.from(piece, 'latin1') : piece;
    // Written pieces leave one by one: the next waits until the kernel has this one.
    await new Promise<void>((resolve) => {
      socket.write(buffer, () => setImmediate(resolve));
    });
  }
  if (halfClose) socket.end();
}
