import type { Log } from '../../model/log.ts';
import type { BoundAddress, Settings } from '../../model/settings.ts';
import { doorName } from '../../traffic/listen/listeners.ts';
import { inheritHandle, type SocketHandle } from '../../traffic/listen/socket-handle.ts';

/** A socket that somebody else has bound, for an address that is to be listened on. */
export interface ReadySocket {
  readonly door: string;
  readonly address: BoundAddress;
  readonly handle: SocketHandle;
}

/** The first descriptor that systemd passes, sd_listen_fds(3). */
const firstDescriptor = 3;

/**
 * The sockets that systemd listens on for this service and that `listen` wants; found once, for they are this process's alone. One
 * that it does not want is closed here, and told: it stays open at systemd. Addresses that systemd does not listen on are missing.
 */
export function takeActivatedSockets(
  listen: Settings['listen'],
  log: Log,
  environment: Record<string, string | undefined> = process.env,
): readonly ReadySocket[] {
  const { LISTEN_PID: pid, LISTEN_FDS: count } = environment;
  for (const name of ['LISTEN_PID', 'LISTEN_FDS', 'LISTEN_FDNAMES']) delete environment[name];
  if (Number(pid) !== process.pid) return [];
  return Array.from({ length: Number(count) }, (_, index) => firstDescriptor + index).flatMap((fd) => {
    const handle = inheritHandle(fd);
    if (handle === null) {
      log.warn('systemd passed a socket that is none for TCP connections; it is left alone', { fd });
      return [];
    }
    const address = wantedAt(listen, handle);
    if (address) return [{ door: doorName(address, address.scheme), address, handle }];
    const { address: host = '', port } = nameOf(handle);
    log.warn('systemd listens where `listen` of the configuration does not; nobody accepts there', { host, port });
    handle.close();
    return [];
  });
}

function wantedAt(listen: Settings['listen'], handle: SocketHandle): BoundAddress | null {
  const { address: host = '', port } = nameOf(handle);
  const isEverywhere = host === '::' || host === '0.0.0.0';
  for (const scheme of ['http', 'https'] as const) {
    for (const wanted of listen[scheme]) {
      if (wanted.port !== port) continue;
      if (wanted.host === host || (wanted.host === '' && isEverywhere)) return { ...wanted, scheme };
    }
  }
  return null;
}

function nameOf(handle: SocketHandle): { address?: string; port?: number } {
  const name: { address?: string; port?: number } = {};
  handle.getsockname(name);
  return name;
}
