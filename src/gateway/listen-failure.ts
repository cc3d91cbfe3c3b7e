import { userInfo } from 'node:os';
import { findPortOwner, type PortOwner } from '../control/machine/port-owner.ts';
import { describeError, systemErrorCode, UserError } from '../model/errors.ts';
import type { ListenAddress } from '../model/settings.ts';

const beganAsRoot = process.geteuid?.() === 0;

/** What went wrong when `address` was to be listened on, as a UserError that names the cause and the cure. Never rejects. */
export async function explainListenFailure(error: unknown, address: ListenAddress): Promise<UserError> {
  const { host, port } = address;
  switch (systemErrorCode(error)) {
    case 'EADDRINUSE':
      return explainPortInUse(port, await findPortOwner(port, host), error);
    case 'EACCES':
      return explainForbidden(port, error);
    case 'EADDRNOTAVAIL':
      return new UserError(`cannot listen on ${host}; this machine has no such address`, {
        code: 'address-unavailable',
        cure: 'See `ip address` for the addresses there are; a port alone listens on all of them.',
        cause: error,
      });
    default:
      return new UserError(`cannot listen on port ${port}; ${describeError(error)}`, {
        code: 'listen-failed',
        cause: error,
      });
  }
}

function explainForbidden(port: number, cause: unknown): UserError {
  const gaveUp = beganAsRoot && process.geteuid?.() !== 0;
  const who = gaveUp ? userInfo().username : 'this user';
  return new UserError(`port ${port} may not be used by ${who}; ports below 1024 are root's`, {
    code: 'port-forbidden',
    cure: gaveUp
      ? 'Restart: what is started as root binds its ports before it becomes another user.'
      : 'Run it as a service (`sallyport service install`), as root with `user:` in the configuration, or listen on a higher port.',
    cause,
  });
}

function explainPortInUse(port: number, owner: PortOwner | null, cause: unknown): UserError {
  const elsewhere = 'or listen on another port.';
  const details = { code: 'port-in-use', cause };
  if (owner === null) {
    return new UserError(`port ${port} is in use by another process`, { ...details, cure: `Stop it, ${elsewhere}` });
  }
  if (owner.kind === 'hidden') {
    return new UserError(`port ${port} is in use by a process of the user ${owner.user}`, {
      ...details,
      cure: `Run this as root to see which, stop it, ${elsewhere}`,
    });
  }
  const { name, pid } = owner;
  return new UserError(`port ${port} is in use by ${name} (pid ${pid})`, {
    ...details,
    cure: `${stopCommand(port, owner)}, ${elsewhere}`,
  });
}

function stopCommand(port: number, { name, pid, unit }: PortOwner & { kind: 'process' }): string {
  if (name === 'docker-proxy') return `See \`docker ps --filter publish=${port}\` and stop that container`;
  if (unit) return `Stop it with \`systemctl stop ${unit.replace(/\.service$/, '')}\``;
  return `Stop it with \`kill ${pid}\``;
}
