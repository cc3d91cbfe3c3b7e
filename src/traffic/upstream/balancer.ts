import type { TargetGroup } from '../../model/target-group.ts';
import type { Deadlined, Deadlines } from '../deadlines.ts';
import type { EndpointWaiter } from './endpoint.ts';
import type { Member } from './member.ts';
import { busy, type UpstreamFailure } from './upstream-failure.ts';

/** A request that waits for a target. */
export interface Waiter {
  /** Its turn has come. Not called after {@link Balancer.withdraw}. */
  targetFree(member: Member): void;
}

/** How often a request is let through to a target that refuses connections, to see whether it still does. */
const pokeInterval = 200;

/**
 * Finds the target for each request of one route. It stays while the route does, so that what it has learnt and the
 * requests that wait in it outlive a change of configuration.
 */
export class Balancer implements EndpointWaiter, Deadlined {
  deadline = 0;
  readonly #deadlines: Deadlines;
  #group: TargetGroup;
  #members: readonly Member[] = [];
  /** The one target that can be had without a look at anything; null when there is something to look at. */
  #only: Member | null = null;
  readonly #waiting = new Set<Waiter>();
  #pumping = false;
  #closed = false;

  constructor(group: TargetGroup, members: readonly Member[], deadlines: Deadlines) {
    this.#deadlines = deadlines;
    this.#group = group;
    this.update(group, members);
  }

  /** What logs call it. */
  get name(): string {
    return this.#group.name;
  }

  get members(): readonly Member[] {
    return this.#members;
  }

  /** Milliseconds that a request waits at most. */
  get longestWait(): number {
    return this.#group.queue.wait;
  }

  /** Chooses among these from now on; those that wait for a target may get one. */
  update(group: TargetGroup, members: readonly Member[]): void {
    this.#unwatch();
    this.#group = group;
    this.#members = members;
    this.#refresh();
    this.#watch();
    this.#pumpLater();
  }

  /** The target for a request; null when there is none now: see {@link enqueue}. */
  choose(): Member | null {
    if (this.#only !== null) return this.#only;
    if (this.#waiting.size > 0) return null;
    return this.#select();
  }

  /** Lets a request wait for its turn; else the reason why there is nothing to wait for. */
  enqueue(waiter: Waiter): UpstreamFailure | null {
    const { queue, waits, absence } = this.#group;
    const hope = waits || this.#members.some(({ endpoint, refused }) => endpoint.full || refused);
    if (!hope || this.#closed) return busy(absence === '' ? 'no target is available' : absence);
    if (this.#waiting.size >= queue.requests) return busy(`${this.#waiting.size} requests wait already`);
    this.#waiting.add(waiter);
    if (this.#waiting.size === 1) this.#watch();
    return null;
  }

  /** The request waits no longer. */
  withdraw(waiter: Waiter): void {
    this.#waiting.delete(waiter);
    if (this.#waiting.size === 0) this.#unwatch();
  }

  /** No connection to a target could be made. Returns whether the request should wait for one: its app is being started again. */
  refused(member: Member): boolean {
    if (this.#group.app === null) return false;
    member.refused = true;
    this.#refresh();
    return true;
  }

  /** A connection to a target has been made. */
  connected(member: Member): void {
    if (!member.refused) return;
    member.refused = false;
    this.#refresh();
    this.#pumpLater();
  }

  endpointFree(): void {
    this.#pumpLater();
  }

  /** Lets one request try a target that refused connections. */
  onDeadline(): void {
    this.deadline = this.#deadlines.in(pokeInterval);
    const member = this.#members.find(({ refused }) => refused);
    const [first] = this.#waiting;
    if (member === undefined || first === undefined) return;
    this.withdraw(first);
    first.targetFree(member);
  }

  /** The route is gone. Those that wait still do, until their time is over. */
  close(): void {
    this.#closed = true;
    this.#unwatch();
  }

  #refresh(): void {
    const [first] = this.#members;
    const simple = this.#members.length === 1 && first?.endpoint.maxConnections === 0 && !first.refused;
    this.#only = simple ? (first ?? null) : null;
  }

  #select(): Member | null {
    return chooseInTurn(this.#members);
  }

  /** While requests wait, each that ends at one of the targets may be the one they wait for. */
  #watch(): void {
    if (this.#waiting.size === 0) return;
    for (const { endpoint } of this.#members) endpoint.waiters.add(this);
    this.deadline = this.#deadlines.in(pokeInterval);
    this.#deadlines.add(this);
  }

  #unwatch(): void {
    for (const { endpoint } of this.#members) endpoint.waiters.delete(this);
    this.#deadlines.remove(this);
  }

  /** Not at once: whoever tells that a target is free is in the middle of something. */
  #pumpLater(): void {
    if (this.#pumping || this.#waiting.size === 0) return;
    this.#pumping = true;
    setImmediate(this.#pump);
  }

  readonly #pump = (): void => {
    this.#pumping = false;
    for (const waiter of this.#waiting) {
      const member = this.#select();
      if (member === null) return;
      this.withdraw(waiter);
      waiter.targetFree(member);
    }
  };
}

function available({ endpoint, refused }: Member): boolean {
  return !refused && !endpoint.full;
}

/**
 * Each in its turn, as often as its weight says and spread evenly: everybody's turn comes nearer by his weight, and who is
 * nearest goes back by the sum.
 */
function chooseInTurn(members: readonly Member[]): Member | null {
  let best: Member | null = null;
  let sum = 0;
  for (const member of members) {
    if (!available(member)) continue;
    member.turn += member.weight;
    sum += member.weight;
    if (best === null || member.turn > best.turn) best = member;
  }
  if (best !== null) best.turn -= sum;
  return best;
}
