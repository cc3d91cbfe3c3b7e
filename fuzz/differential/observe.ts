import { connect } from 'node:net';
import { judge } from '../../test/support/message-split.ts';
import type { RawBackend } from '../../test/support/raw-backend.ts';

/** What one proxy made of one input. */
export interface Observed {
  readonly proxy: string;
  /** Each request that the app got, as `METHOD target` and body. */
  readonly requests: readonly string[];
  /**
   * `closed`: the proxy has closed the connection, with or without an error answer; `refused`: it has, with a status
   * of its own; `waiting`: it wants more bytes.
   */
  readonly end: 'closed' | 'refused' | 'waiting';
  /** Requests that it has answered itself: with an error, or a redirect. */
  readonly own: number;
  /** In which habit of reading the app could have taken it differently; '' when in none. */
  readonly ambiguity: string;
  /** What the app received. */
  readonly wire: string;
}

/**
 * Sends `bytes` on a connection of their own, waits until the proxy has closed it or has been silent for `patience` milliseconds, and
 * reads what its backend got.
 */
export async function observe(
  proxy: string,
  place: number | string,
  backend: RawBackend,
  bytes: Buffer,
  patience: number,
): Promise<Observed> {
  const mark = backend.mark();
  const { text, closed } = await exchange(place, bytes, patience);
  const wires = backend.since(mark).map((received) => received.bytes);
  const read = wires.map(judge);
  const requests = read.flatMap(({ messages }) =>
    messages.map(({ line, body }) => `${keyOf(line)} ${JSON.stringify(body)}`),
  );
  const own = [...text.matchAll(/HTTP\/1\.[01] (\d{3})/g)].filter(([, status]) => Number(status) >= 300).length;
  return {
    proxy,
    requests,
    end: closed ? (own > 0 ? 'refused' : 'closed') : 'waiting',
    own,
    ambiguity: read.find(({ ambiguity }) => ambiguity !== '')?.ambiguity ?? '',
    wire: wires.map((wire) => wire.toString('latin1')).join('\n--- next connection ---\n'),
  };
}

/** Method and target without scheme and authority, which proxies may leave out (RFC 9112 §3.2.2). */
function keyOf(line: string): string {
  const [method = '', target = ''] = line.split(' ');
  return `${method} ${target.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/?]*/i, '').replace(/^(?=\?|$)/, '/')}`;
}

function exchange(place: number | string, bytes: Buffer, patience: number): Promise<{ text: string; closed: boolean }> {
  return new Promise((resolve) => {
    let text = '';
    const socket = typeof place === 'string' ? connect(place) : connect(place, '127.0.0.1');
    socket.on('connect', () => socket.write(bytes));
    const finish = (closed: boolean): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve({ text, closed });
    };
    const timer = setTimeout(() => finish(false), patience);
    socket.on('error', () => {});
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
      timer.refresh();
    });
    socket.on('close', () => finish(true));
  });
}
