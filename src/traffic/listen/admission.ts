import { BlockList } from 'node:net';
import type { Snapshot } from '../../model/settings.ts';
import { clientKey } from './address.ts';

/** Counts open client connections, in all and per client, and says whether one more may come in. */
export class Admission {
  #inAll = 0;
  readonly #perClient = new Map<string, number>();
  #connections = 0;
  #connectionsPerAddress = 0;
  #exempt = new BlockList();

  /** Takes the limits up; 0 is none. Trusted proxies speak for many clients: only the limit in all holds for them. */
  configure({ limits, trustedProxies }: Snapshot): void {
    this.#connections = limits.connections;
    this.#connectionsPerAddress = limits.connectionsPerAddress;
    this.#exempt = new BlockList();
    for (const network of trustedProxies) {
      const [address = '', prefix] = network.split('/');
      const family = address.includes(':') ? 'ipv6' : 'ipv4';
      this.#exempt.addSubnet(address, prefix === undefined ? (family === 'ipv6' ? 128 : 32) : Number(prefix), family);
    }
  }

  /** Counts a connection from `address` in, or returns the name of the limit that is reached. */
  enter(address: string): 'connections' | 'connectionsPerAddress' | null {
    if (this.#connections > 0 && this.#inAll >= this.#connections) return 'connections';
    const key = clientKey(address);
    const open = this.#perClient.get(key) ?? 0;
    const limit = this.#connectionsPerAddress;
    if (limit > 0 && open >= limit && !this.#isExempt(address)) return 'connectionsPerAddress';
    this.#inAll++;
    this.#perClient.set(key, open + 1);
    return null;
  }

  /** Counts a connection out that had been let in. */
  leave(address: string): void {
    this.#inAll--;
    const key = clientKey(address);
    const open = this.#perClient.get(key) ?? 0;
    if (open > 1) this.#perClient.set(key, open - 1);
    else this.#perClient.delete(key);
  }

  #isExempt(address: string): boolean {
    return this.#exempt.check(address, address.includes(':') ? 'ipv6' : 'ipv4');
  }
}
