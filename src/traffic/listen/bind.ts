import { createServer, type Server, type Socket } from 'node:net';
import { describeError, systemErrorCode, UserError } from '../../model/errors.ts';
import type { ListenAddress } from '../../model/settings.ts';
import { portOwner } from './port-owner.ts';

/** Connections the kernel may hold until they are accepted; it caps this at net.core.somaxconn. */
const backlog = 4096;

/**
 * A listening TCP server. `host` '' listens on every address of both families, or of IPv4 alone where the machine has no IPv6.
 * Rejects with a UserError: `port-in-use`, `port-not-allowed`, `address-not-available` or `listen-failed`.
 */
export function bind(address: ListenAddress, accept: (socket: Socket) => void): Promise<Server> {
  const { promise, resolve, reject } = Promise.withResolvers<Server>();
  const server = createServer({ allowHalfOpen: true, noDelay: true }, accept);
  server.once('error', (error) => reject(explain(error, address)));
  server.listen({ port: address.port, backlog, ...(address.host !== '' && { host: address.host }) }, () => {
    server.removeAllListeners('error');
    // EMFILE and the like at accept: the connection is lost, the listener stays.
    server.on('error', () => {});
    resolve(server);
  });
  return promise;
}

function explain(error: Error, { host, port }: ListenAddress): UserError {
  const where = host === '' ? `Port ${port}` : `Address ${host.includes(':') ? `[${host}]` : host}:${port}`;
  switch (systemErrorCode(error)) {
    case 'EADDRINUSE':
      return new UserError(`${where} is in use by ${portOwner(port) || 'another program'}.`, {
        code: 'port-in-use',
        cure: `Stop that program (\`ss -ltnp 'sport = :${port}'\` names it) or choose another port under \`listen\`.`,
        cause: error,
      });
    case 'EACCES':
    case 'EPERM':
      return new UserError(`${where} may not be opened by this user.`, {
        code: 'port-not-allowed',
        cure: 'Ports below 1024 want root, CAP_NET_BIND_SERVICE or a lower net.ipv4.ip_unprivileged_port_start; or choose a higher port under `listen`.',
        cause: error,
      });
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAFNOSUPPORT':
      return new UserError(`${where} is not an address of this machine.`, {
        code: 'address-not-available',
        cure: 'Name an address that `ip address` shows, or leave the address out to listen on all of them.',
        cause: error,
      });
    default:
      return new UserError(`${where} cannot be listened on: ${describeError(error)}`, {
        code: 'listen-failed',
        cause: error,
      });
  }
}
