import { describeError, systemErrorCode, UserError } from '../model/errors.ts';
import type { ListenAddress } from '../model/settings.ts';
import { findPortOwner, type PortOwner } from './port-owner.ts';

/** What went wrong when `address` was to be listened on, as a UserError that names the cause and the cure. Never rejects. */
export async function explainListenFailure(error: unknown, address: ListenAddress): Promise<UserError> {
  const { host, port } = address;
  switch (systemErrorCode(error)) {
    case 'EADDRINUSE':
      return explainPortInUse(port, await findPortOwner(port, host), error);
    case 'EACCES':
      return new UserError(`port ${port} may not be used by this user; ports below 1024 are root's`, {
        code: 'port-forbidden',
        cure: 'start it as root or with CAP_NET_BIND_SERVICE, or listen on a higher port',
        cause: error,
      });
    case 'EADDRNOTAVAIL':
      return new UserError(`cannot listen on ${host}; this machine has no such address`, {
        code: 'address-unavailable',
        cure: '`ip address` lists the addresses there are; a port alone listens on all of them',
        cause: error,
      });
    default:
      return new UserError(`cannot listen on port ${port}; ${describeError(error)}`, {
        code: 'listen-failed',
        cause: error,
      });
  }
}

function explainPortInUse(port: number, owner: PortOwner | null, cause: unknown): UserError {
  const elsewhere = 'or listen on another port';
  const details = { code: 'port-in-use', cause };
  if (owner === null) {
    return new UserError(`port ${port} is in use by another process`, { ...details, cure: `stop it, ${elsewhere}` });
  }
  if (owner.kind === 'hidden') {
    return new UserError(`port ${port} is in use by a process of the user ${owner.user}`, {
      ...details,
      cure: `run this as root to see which, stop it, ${elsewhere}`,
    });
  }
  const { name, pid } = owner;
  return new UserError(`port ${port} is in use by ${name} (pid ${pid})`, {
    ...details,
    cure: `${stopCommand(port, owner)}, ${elsewhere}`,
  });
}

function stopCommand(port: number, { name, pid, unit }: PortOwner & { kind: 'process' }): string {
  if (name === 'docker-proxy') return `see \`docker ps --filter publish=${port}\` and stop that container`;
  if (unit) return `stop it with \`systemctl stop ${unit.replace(/\.service$/, '')}\``;
  return `stop it with \`kill ${pid}\``;
}
