import type { Snapshot } from '../../model/settings.ts';
import { clientKey } from '../address.ts';
import { compileNetworks, isIn } from '../networks.ts';

/** A limit on connections, by its name in the configuration. */
type Limit = 'connections' | 'connectionsPerAddress';

/** Counts open client connections, in all and per client, and says whether one more may come in. */
export class Admission {
  #inAll = 0;
  readonly #perClient = new Map<string, number>();
  #connections = 0;
  #connectionsPerAddress = 0;
  #trusted = compileNetworks([]);

  /** Takes the limits up; 0 is none. Trusted proxies speak for many clients: only the limit in all holds for them. */
  configure({ limits, trustedProxies }: Snapshot): void {
    this.#connections = limits.connections;
    this.#connectionsPerAddress = limits.connectionsPerAddress;
    this.#trusted = compileNetworks(trustedProxies);
  }

  /** Counts a connection from `address` in, or returns the name of the limit that is reached. */
  enter(address: string): Limit | null {
    if (this.#connections > 0 && this.#inAll >= this.#connections) return 'connections';
    if (this.#isFull(address)) return 'connectionsPerAddress';
    this.#inAll++;
    this.#count(address, 1);
    return null;
  }

  /** Counts a connection over to the address it turns out to come from; when that has reached its limit, nothing changes. */
  move(from: string, to: string): Limit | null {
    if (this.#isFull(to)) return 'connectionsPerAddress';
    this.#count(from, -1);
    this.#count(to, 1);
    return null;
  }

  /** Counts a connection out that had been let in. */
  leave(address: string): void {
    this.#inAll--;
    this.#count(address, -1);
  }

  /** Whether the address is a trusted proxy's. */
  isTrusted(address: string): boolean {
    return isIn(this.#trusted, address);
  }

  #isFull(address: string): boolean {
    const limit = this.#connectionsPerAddress;
    if (limit === 0 || (this.#perClient.get(clientKey(address)) ?? 0) < limit) return false;
    return !this.isTrusted(address);
  }

  #count(address: string, change: 1 | -1): void {
    const key = clientKey(address);
    const open = (this.#perClient.get(key) ?? 0) + change;
    if (open > 0) this.#perClient.set(key, open);
    else this.#perClient.delete(key);
  }
}
