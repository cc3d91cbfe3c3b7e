import * as net from 'node:net';
import { getSystemErrorName } from 'node:util';
import type { ListenAddress } from '../../model/settings.ts';
import { ListenError } from './bind.ts';

/**
 * A TCP socket that is bound and that nobody accepts from in this process. It can be sent to another one (`child.send(message, handle)`) as
 * often as wanted, and be listened on (`server.listen(handle)`); then it belongs to that server.
 */
export interface SocketHandle {
  /** -1 once closed. */
  readonly fd: number;
  close(): void;
  getsockname(out: { address?: string; port?: number }): number;
}

/** The flags of libuv's uv_tcp_bind. */
const flags = { ipv6Only: 1, reusePort: 2 };

/**
 * Node's own maker of such handles, which its cluster module uses: the public `net.BoundSocket` is missing before Node 26.4 and cannot be sent.
 * Gives the negative number of the system's error when it fails.
 */
type HandleMaker = (
  host: string | null,
  port: number,
  family: 4 | 6 | null,
  fd: number | null,
  flags: number,
) => SocketHandle | number;

const makeHandle: HandleMaker = Reflect.get(net, '_createServerHandle');

/** Whether several sockets can listen on one address and the system spreads new connections evenly among them. */
const canSpread = process.platform === 'linux';

/**
 * Binds `count` handles to one address; where the system cannot spread connections among sockets it is one handle, to be shared. Port 0: all get
 * the port that the system chose. Throws a {@link ListenError}.
 */
export function bindHandles(address: ListenAddress, count: number): readonly SocketHandle[] {
  // Sockets that share a port would also share it with another program's that do so: first see that there is none.
  const alone = bindHandle(address, address.port, 0);
  if (count === 1 || !canSpread) return [alone];
  const port = portOf(alone);
  alone.close();
  return Array.from({ length: count }, () => bindHandle(address, port, flags.reusePort));
}

/** As many more handles beside `present` as make `count`; none where the system cannot spread, or where they were not bound to share. */
export function bindMoreHandles(
  address: ListenAddress,
  present: readonly SocketHandle[],
  count: number,
): readonly SocketHandle[] {
  if (present.length < 2 || present.length >= count) return [];
  const port = portOf(present[0]!);
  return Array.from({ length: count - present.length }, () => bindHandle(address, port, flags.reusePort));
}

/** The port a handle is bound to; 0 when it is none. */
export function portOf(handle: SocketHandle): number {
  const name: { port?: number } = {};
  return handle.getsockname(name) === 0 ? (name.port ?? 0) : 0;
}

function bindHandle(address: ListenAddress, port: number, sharing: number): SocketHandle {
  const { host } = address;
  const family = host === '' ? null : net.isIPv6(host) ? 6 : 4;
  const handle = makeHandle(host || null, port, family, null, sharing | (host === '::' ? flags.ipv6Only : 0));
  if (typeof handle === 'number') throw refused(address, handle);
  // An address in use is told only when the socket's name is asked for.
  const error = handle.getsockname({});
  if (error === 0) return handle;
  handle.close();
  throw refused(address, error);
}

function refused(address: ListenAddress, error: number): ListenError {
  const code = getSystemErrorName(error);
  return new ListenError(address, Object.assign(new Error(`bind ${code}`), { code }));
}

/** A handle of a TCP socket that this process was started with; null when the descriptor is something else. */
export function inheritHandle(fd: number): SocketHandle | null {
  try {
    const handle = makeHandle(null, 0, null, fd, 0);
    if (typeof handle !== 'number' && handle.getsockname({}) === 0) return handle;
  } catch {
    // ERR_INVALID_FD_TYPE: not a socket at all.
  }
  return null;
}

/** Whether a value that came with a message from another process is such a handle. */
export function isSocketHandle(value: unknown): value is SocketHandle {
  return typeof value === 'object' && value !== null && 'fd' in value && 'getsockname' in value;
}

/** The handle of a listening server, which has no public name. */
export function handleOf(server: net.Server): SocketHandle {
  const handle: unknown = Reflect.get(server, '_handle');
  if (isSocketHandle(handle)) return handle;
  throw new Error('this server does not listen');
}
