import { readListeners } from './listeners.ts';
import { findPortOwner, type PortOwner } from './port-owner.ts';

/** Something that listens on a TCP port of loopback, or of every address. */
export interface LocalListener {
  readonly host: string;
  readonly port: number;
  readonly owner: PortOwner | null;
}

const everyAddress: readonly string[] = ['0.0.0.0', '::'];

/** What listens on this machine where the machine itself can reach it, one entry a port, in their order. Never rejects. */
export async function findLocalListeners(): Promise<LocalListener[]> {
  const ports = new Map<number, string>();
  for (const { address, port } of await readListeners().catch(() => [])) {
    const local = address.startsWith('127.') || address === '::1';
    // Whoever is on every address is told so, even if he is on loopback besides.
    if (everyAddress.includes(address) || (local && !ports.has(port))) ports.set(port, address);
  }
  const sorted = [...ports].sort(([one], [other]) => one - other);
  return Promise.all(sorted.map(async ([port, host]) => ({ host, port, owner: await findPortOwner(port, host) })));
}
