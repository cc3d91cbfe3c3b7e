import { createServer, type ListenOptions, type Server, type Socket } from 'node:net';
import type { ListenAddress } from '../../model/settings.ts';
import type { SocketHandle } from './socket-handle.ts';

/** Connections the kernel may hold until they are accepted; it caps this at net.core.somaxconn. */
const backlog = 4096;

/** An address that cannot be listened on; `cause` is the system's error. */
export class ListenError extends Error {
  readonly address: ListenAddress;

  constructor(address: ListenAddress, cause: unknown) {
    super(`cannot listen on ${address.host}:${address.port}`, { cause });
    this.address = address;
  }
}

/**
 * A listening TCP server. `host` '' listens on every address of both families, or of IPv4 alone where the machine has no
 * IPv6. With `handle` it listens on that one, which is bound to the address already. Rejects with a {@link ListenError}.
 */
export function bind(
  address: ListenAddress,
  accept: (socket: Socket) => void,
  handle: SocketHandle | null = null,
): Promise<Server> {
  const { promise, resolve, reject } = Promise.withResolvers<Server>();
  const server = createServer({ allowHalfOpen: true, noDelay: true }, accept);
  server.once('error', (error) => reject(new ListenError(address, error)));
  const listening = (): void => {
    server.removeAllListeners('error');
    // EMFILE and the like at accept: the connection is lost, the listener stays.
    server.on('error', () => {});
    resolve(server);
  };
  if (handle) server.listen(handle, backlog, listening);
  else server.listen(placeOf(address), listening);
  return promise;
}

function placeOf({ host, port }: ListenAddress): ListenOptions {
  return { port, backlog, ...(host !== '' && { host }), ipv6Only: host === '::' };
}
