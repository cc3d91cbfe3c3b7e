import type { TargetGroup } from '../../model/target-group.ts';
import { drainKey, type TargetNews } from '../../model/target-news.ts';
import type { FieldTable } from '../../wire/http1/field-table.ts';
import type { Deadlined, Deadlines } from '../deadlines.ts';
import { byAddress, type Candidate, inTurn, leastBusy } from './choose.ts';
import type { EndpointWaiter } from './endpoint.ts';
import type { Member } from './member.ts';
import { RetryBudget } from './retry-budget.ts';
import { cookieLine, cookieValue, cookieValues } from './sticky.ts';
import { busy, type UpstreamFailure } from './upstream-failure.ts';

/** A request that wants a target. */
export interface Seeker {
  /** Of the client itself, behind any trusted proxies. */
  readonly clientAddress: string;
  readonly request: { readonly fields: FieldTable };
}

/** A request that waits for one. */
export interface Waiter extends Seeker {
  /** Its turn has come. Not called after {@link Balancer.withdraw}. */
  targetFree(member: Member): void;
}

/** Where a group stands in the configuration. */
export interface BalancerPlace {
  /** The site's first name. */
  readonly site: string;
  /** The route's path. */
  readonly path: string;
}

/** How often a request is let through to a target that refuses connections, to see whether it still does. */
const pokeInterval = 200;

/** Targets asked for one request at most. */
const mostTries = 4;

/**
 * Finds the target for each request of one route. It stays while the route does, so that what it has learnt and the
 * requests that wait in it outlive a change of configuration.
 */
export class Balancer implements EndpointWaiter, Deadlined {
  deadline = 0;
  readonly place: BalancerPlace;
  readonly #deadlines: Deadlines;
  readonly #budget = new RetryBudget();
  readonly #waiting = new Set<Waiter>();
  #group: TargetGroup;
  #members: readonly Member[] = [];
  /** The one target that can be had without a look at anything; null when there is something to look at. */
  #only: Member | null = null;
  #pumping = false;
  #closed = false;

  constructor(place: BalancerPlace, group: TargetGroup, deadlines: Deadlines) {
    this.place = place;
    this.#deadlines = deadlines;
    this.#group = group;
  }

  /** What logs call it. */
  get name(): string {
    return this.#group.name;
  }

  get members(): readonly Member[] {
    return this.#members;
  }

  /** There are no targets now, but there will be. */
  get waits(): boolean {
    return this.#group.waits;
  }

  /** Why there are no targets; ''. */
  get absence(): string {
    return this.#group.absence;
  }

  /** Requests that wait. */
  get waiting(): number {
    return this.#waiting.size;
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
  }

  /** Heeds what the control plane has found out. `downReason` is '' for a target that is up. */
  learn(news: TargetNews, downReason: (group: TargetGroup, member: Member) => string): void {
    const { site, path } = this.place;
    for (const member of this.#members) {
      const { target } = member.endpoint;
      member.drained = news.drained.has(drainKey(site, target.name));
      member.down = downReason(this.#group, member);
      if (this.#group.balance.kind === 'cookie') member.cookie = cookieValue(news.cookieKey, `${site} ${path}`, target);
    }
    this.#refresh();
  }

  /** The target for a request; null when there is none now: see {@link enqueue}. */
  choose(seeker: Seeker): Member | null {
    if (this.#only !== null) return this.#only;
    this.#budget.count();
    if (this.#waiting.size > 0) return null;
    return this.#select(seeker, noMembers);
  }

  /** Another target for a request that those `tried` could not take; null when there is none, or too many have been asked for already. */
  chooseOther(seeker: Seeker, tried: readonly Member[]): Member | null {
    if (this.#members.length < 2 || tried.length >= mostTries) return null;
    const other = this.#select(seeker, tried);
    return other !== null && this.#budget.take(this.#deadlines.now) ? other : null;
  }

  /** Lets a request wait for its turn; else the reason why there is nothing to wait for. */
  enqueue(waiter: Waiter): UpstreamFailure | null {
    const { queue, waits, app } = this.#group;
    // One that is open and was not chosen is full, or others have waited for it for longer.
    const hope = waits || this.#members.some((member) => member.open || (member.refused && app !== null));
    if (!hope || this.#closed) return busy(this.#whyNone());
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

  /** A request to a target has failed for a reason that lies with the target. */
  failed(member: Member, cause: UpstreamFailure): void {
    member.health.failed(cause.reason, this.#deadlines.now);
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
  }

  /** The targets are those of an app that the gate runs: one that breaks off may be starting again already. */
  get isApp(): boolean {
    return this.#group.app !== null;
  }

  /** Answers may need a {@link stickyLine}. */
  get sticky(): boolean {
    return this.#group.balance.kind === 'cookie';
  }

  /** A field line for the answer that will bring the client back to `member`; '' when none is needed. */
  stickyLine(seeker: Seeker, member: Member, secure: boolean): string {
    const { balance } = this.#group;
    if (balance.kind !== 'cookie' || this.#stuckTo(seeker, balance.name) === member) return '';
    return cookieLine(balance.name, member.cookie, this.place.path, secure);
  }

  endpointFree(): void {
    this.#pumpLater();
  }

  /** Lets one request try a target that refused connections; and looks whether one that was out has returned. */
  onDeadline(): void {
    this.deadline = this.#deadlines.in(pokeInterval);
    this.#pumpLater();
    const member = this.#members.find(({ refused, drained }) => refused && !drained);
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
    const simple = this.#members.length === 1 && first?.open && first.endpoint.maxConnections === 0;
    this.#only = simple && this.#group.balance.kind !== 'cookie' ? first : null;
    this.#pumpLater();
  }

  #select(seeker: Seeker, tried: readonly Member[]): Member | null {
    const { balance } = this.#group;
    if (balance.kind === 'cookie') {
      const stuck = this.#stuckTo(seeker, balance.name);
      // Who belongs to a full target waits for it: another one does not know him.
      if (stuck?.open && stuck.health.share(this.#deadlines.now) > 0 && !tried.includes(stuck))
        return stuck.endpoint.full ? null : stuck;
    }
    const candidates = this.#candidates(tried);
    if (candidates.length === 0) return this.#lastResort(tried);
    if (balance.kind === 'leastConnections') return leastBusy(candidates);
    if (balance.kind === 'addressHash') return byAddress(candidates, seeker.clientAddress);
    return inTurn(candidates);
  }

  #candidates(tried: readonly Member[]): readonly Candidate[] {
    const { now } = this.#deadlines;
    const alone = this.#members.length === 1;
    const candidates: Candidate[] = [];
    for (const member of this.#members) {
      if (!member.open || member.endpoint.full || tried.includes(member)) continue;
      const share = alone ? 1 : member.health.share(now);
      if (share > 0) candidates.push({ member, weight: member.weight * share });
    }
    return candidates;
  }

  /** When requests to every target have failed, any may have recovered: the one that has been out for longest is asked. */
  #lastResort(tried: readonly Member[]): Member | null {
    let best: Member | null = null;
    for (const member of this.#members) {
      if (!member.open || tried.includes(member)) continue;
      if (member.endpoint.full) {
        // Full of requests and not out: it will have room.
        if (member.health.share(this.#deadlines.now) > 0) return null;
        continue;
      }
      if (best === null || member.health.returnsAt < best.health.returnsAt) best = member;
    }
    return best;
  }

  /** The target that the seeker's cookie names. */
  #stuckTo({ request }: Seeker, name: string): Member | undefined {
    for (const value of cookieValues(request.fields, name)) {
      const member = this.#members.find(({ cookie }) => cookie !== '' && cookie === value);
      if (member !== undefined) return member;
    }
    return undefined;
  }

  #whyNone(): string {
    const { absence } = this.#group;
    if (absence !== '') return absence;
    const reasons = this.#members.map(({ endpoint, down, drained }) => {
      return `${endpoint.target.name} ${drained ? 'is drained' : down === '' ? 'failed' : `is down: ${down}`}`;
    });
    return reasons.length === 0 ? 'no target' : `no target is available: ${reasons.join('; ')}`;
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
      if (!this.#members.some((member) => member.open && !member.endpoint.full)) return;
      const member = this.#select(waiter, noMembers);
      if (member === null) continue;
      this.withdraw(waiter);
      waiter.targetFree(member);
    }
  };
}

const noMembers: readonly Member[] = [];
