import type { Snapshot } from '../../model/settings.ts';
import { clientKey } from '../address.ts';
import { compileNetworks, isIn } from '../networks.ts';
import type { Crowd } from './crowd.ts';

/** A limit on connections, by its name in the configuration. */
type Limit = 'connections' | 'connectionsPerAddress';

/** Counts open client connections, in all and per client, and says whether one more may come in. */
export class Admission {
  readonly #crowd: Crowd | null;
  #inAll = 0;
  readonly #perClient = new Map<string, number>();
  #connections = 0;
  #connectionsPerAddress = 0;
  #trusted = compileNetworks([]);

  /** `crowd`: who is connected to other workers; null when there are none. */
  constructor(crowd: Crowd | null) {
    this.#crowd = crowd;
  }

  /** Takes the limits up; 0 is none. Trusted proxies speak for many clients: only the limit in all holds for them. */
  configure({ limits, trustedProxies }: Snapshot): void {
    // In all: each worker takes its part, for the system spreads connections evenly.
    this.#connections = Math.ceil(limits.connections / (this.#crowd?.workers ?? 1));
    const wasLimited = this.#connectionsPerAddress > 0;
    this.#connectionsPerAddress = limits.connectionsPerAddress;
    if (wasLimited || limits.connectionsPerAddress === 0) return this.#trust(trustedProxies);
    for (const [client, open] of this.#perClient) this.#crowd?.changed(client, open);
    this.#trust(trustedProxies);
  }

  #trust(trustedProxies: readonly string[]): void {
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
    if (limit === 0) return false;
    const key = clientKey(address);
    if ((this.#perClient.get(key) ?? 0) + (this.#crowd?.of(key) ?? 0) < limit) return false;
    return !this.isTrusted(address);
  }

  #count(address: string, change: 1 | -1): void {
    const key = clientKey(address);
    const open = (this.#perClient.get(key) ?? 0) + change;
    if (open > 0) this.#perClient.set(key, open);
    else this.#perClient.delete(key);
    if (this.#connectionsPerAddress > 0) this.#crowd?.changed(key, open);
  }
}
