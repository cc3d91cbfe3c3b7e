import { setTimeout as pause } from 'node:timers/promises';
import type { ChallengeProofs } from '../../model/challenge.ts';
import { noProofs } from '../../model/challenge.ts';
import type { Clock } from '../../model/clock.ts';
import { describeError, UserError } from '../../model/errors.ts';
import type { BoundAddress, LogSettings, Snapshot } from '../../model/settings.ts';
import type { TrafficCounters, WorkerFacts } from '../../model/status.ts';
import type { TargetNews } from '../../model/target-news.ts';
import type { GuardNews } from '../../traffic/guard/guard-home.ts';
import type { ClientCounts } from '../../traffic/listen/crowd.ts';
import { RotatingTicketKeys, type TicketSecrets } from '../../traffic/listen/ticket-keys.ts';
import type { Logs } from '../../traffic/record/logs.ts';
import type { DataPlane, Plan, PlaneReport, WorkerAccount } from '../data-plane.ts';
import { closedCounters, sumCounters } from '../sum-counters.ts';
import type { ReadySocket } from '../systemd/activated-sockets.ts';
import type { Bequest } from '../upgrade/messages.ts';
import { HeldSockets } from './held-sockets.ts';
import type { Notice, Request } from './messages.ts';
import { RestartPolicy } from './restart-policy.ts';
import { WorkerChild, type WorkerEvents, WorkerGone } from './worker-child.ts';

/** Longest wait for a worker's report, milliseconds. */
const reportTime = 1_000;
/** Time for workers to end by themselves after their drain, milliseconds. */
const endingTime = 3_000;

export interface ForkedPlaneOptions {
  /** At first. */
  readonly workers: number;
  /** This process's own; workers open theirs. Whoever gives them closes them. */
  readonly logs: Logs;
  readonly clock: Clock;
  /** Of a predecessor, to begin with. */
  readonly tickets: TicketSecrets | null;
}

/** One worker's place: whoever dies in it is replaced. */
interface Place {
  /** null between a death and the next one's begin. */
  child: WorkerChild | null;
  /** It is to take the place of `child` once it has begun. */
  next: WorkerChild | null;
  restarts: number;
  readonly policy: RestartPolicy;
  timer: NodeJS.Timeout | null;
}

/**
 * The data plane in processes of its own, one a worker:
 *
 *     starting ──up, begun──▶ serving ──replaced, stop──▶ draining ──▶ ended
 *        └──────── dies ─────────┴──▶ replaced at once, or after a while if its place keeps losing them
 *
 * Everything that changes what workers serve is done one after the other, and each change is tried on one worker before the others get it.
 */
export class ForkedPlane implements DataPlane, WorkerEvents {
  readonly #logs: Logs;
  readonly #sockets = new HeldSockets();
  readonly #tickets: RotatingTicketKeys;
  readonly #workers: number;
  /** Whom workers become while this process is root. */
  #account: WorkerAccount | null = null;
  readonly #leaving = new Set<WorkerChild>();
  /** Connections of each client at each worker, by its pid; for those that begin later. */
  readonly #crowds = new Map<number, Map<string, number>>();
  #places: Place[] = [];
  #plan: Plan | null = null;
  #proofs: ChallengeProofs = noProofs;
  #targets: TargetNews | null = null;
  #gone: TrafficCounters = sumCounters([]);
  #stopping = false;
  #last: Promise<unknown> = Promise.resolve();

  constructor({ workers, logs, clock, tickets }: ForkedPlaneOptions) {
    this.#logs = logs;
    this.#tickets = new RotatingTicketKeys(clock, tickets);
    this.#tickets.start(() => this.#tellAll({ kind: 'tickets', secrets: this.#tickets.secrets }));
    this.#workers = workers;
  }

  prepare(account: WorkerAccount | null): void {
    this.#account = account;
    this.#resize(this.#workers);
  }

  adopt({ door, address, handle }: ReadySocket): void {
    this.#sockets.adopt(door, address, handle);
  }

  get addresses(): readonly BoundAddress[] {
    return this.#sockets.addresses();
  }

  serve(plan: Plan): Promise<void> {
    return this.#inTurn(async () => {
      const before = this.#plan;
      await this.#logs.change(ownLogs(plan.logs));
      try {
        await this.#serveEverywhere(plan);
      } catch (error) {
        if (before) await this.#logs.change(ownLogs(before.logs));
        throw error;
      }
    });
  }

  publish(snapshot: Snapshot): Promise<void> {
    return this.#inTurn(async () => {
      if (this.#plan === null) return;
      const plan = { ...this.#plan, snapshot };
      await this.#askEach({ kind: 'publish', snapshot });
      this.#plan = plan;
    });
  }

  showProofs(proofs: ChallengeProofs): Promise<void> {
    return this.#inTurn(async () => {
      this.#proofs = proofs;
      await this.#askEach({ kind: 'proofs', proofs });
    });
  }

  tellTargets(news: TargetNews): Promise<void> {
    return this.#inTurn(async () => {
      this.#targets = news;
      await this.#askEach({ kind: 'targets', news });
    });
  }

  async reopenLogs(): Promise<void> {
    await this.#logs.reopen();
    await this.#inTurn(() => this.#askEach({ kind: 'reopenLogs' }));
  }

  async report(): Promise<PlaneReport> {
    const serving = this.#places.flatMap(({ child, restarts }) => (child ? [{ child, restarts }] : []));
    const draining = [...this.#leaving].map((child) => ({ child, restarts: 0 }));
    const workers = await Promise.all([...serving, ...draining].map(({ child, restarts }) => factsOf(child, restarts)));
    const known = workers.flatMap((one) => one ?? []);
    return { workers: known, counters: sumCounters([this.#gone, ...known.map(({ counters }) => counters)]) };
  }

  bequest(): Bequest {
    return { sockets: [...this.#sockets.all()], tickets: this.#tickets.secrets };
  }

  async drain(milliseconds: number, isPatient: boolean): Promise<void> {
    this.#stop();
    const children = this.#everyChild();
    for (const child of children) this.#dismiss(child, milliseconds, isPatient);
    this.#sockets.closeAll();
    const killAll = setTimeout(() => {
      for (const child of children) child.kill();
    }, milliseconds + endingTime);
    await Promise.all(children.map(({ ended }) => ended));
    clearTimeout(killAll);
  }

  kill(): void {
    this.#stop();
    for (const child of this.#everyChild()) child.kill();
    this.#sockets.closeAll();
  }

  gone(child: WorkerChild, reason: string): void {
    if (child.facts) this.#gone = sumCounters([this.#gone, closedCounters(child.facts.counters)]);
    this.#leaving.delete(child);
    this.#crowds.delete(child.pid);
    this.#tellOthers(child, { kind: 'clients', from: child.pid, counts: null });
    const place = this.#places.find((one) => one.child === child || one.next === child);
    if (place === undefined || this.#stopping) return;
    this.#logs.errors.error('a worker has died', { pid: child.pid, reason });
    if (place.child === child) {
      place.child = null;
      place.restarts++;
      this.#spread();
    }
    if (place.next !== null && place.next !== child) return;
    place.next = null;
    const delay = place.policy.died(performance.now());
    if (delay > 0) this.#logs.errors.error('workers keep dying; waiting before the next is started', { delay });
    place.timer = setTimeout(() => this.#startIn(place), delay);
  }

  leaves(child: WorkerChild): void {
    const place = this.#places.find((one) => one.child === child);
    if (place === undefined || place.next !== null || this.#stopping) return;
    this.#logs.errors.info('a worker leaves, another takes its place', { pid: child.pid });
    this.#startIn(place);
  }

  news(from: WorkerChild, news: GuardNews): void {
    this.#tellOthers(from, { kind: 'news', news });
  }

  clients(from: WorkerChild, counts: ClientCounts): void {
    const known = this.#crowds.get(from.pid) ?? new Map<string, number>();
    this.#crowds.set(from.pid, known);
    for (const [client, open] of counts) open === 0 ? known.delete(client) : known.set(client, open);
    this.#tellOthers(from, { kind: 'clients', from: from.pid, counts });
  }

  #tellOthers(from: WorkerChild, notice: Notice): void {
    for (const child of this.#everyChild()) if (child !== from) child.tell(notice);
  }

  /** One change at a time; a failed one does not hold up the next. */
  #inTurn<T>(change: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(change);
    this.#last = turn.catch(() => {});
    return turn;
  }

  async #serveEverywhere(plan: Plan): Promise<void> {
    const opened = this.#sockets.open(plan.listen, plan.workers);
    try {
      if (this.#plan === null) await this.#beginAll(plan);
      else await this.#change(plan, opened);
    } catch (error) {
      this.#sockets.close(opened);
      throw error;
    }
    this.#plan = plan;
    this.#sockets.closeOthers(plan.listen);
    this.#resize(plan.workers);
    this.#spread();
  }

  async #beginAll(plan: Plan): Promise<void> {
    await Promise.all(
      this.#places.map(async (place, index) => {
        const child = place.next;
        if (child === null) throw startFailed('one ended at once');
        await this.#begin(child, index, plan).catch((error: unknown) => {
          throw error instanceof WorkerGone ? startFailed(error.message) : error;
        });
        place.child = child;
        place.next = null;
      }),
    );
  }

  async #change(plan: Plan, opened: readonly string[]): Promise<void> {
    for (const [index, { child }] of this.#places.entries()) {
      if (child) this.#giveSockets(child, index, (door) => opened.includes(door));
    }
    await this.#askEach({ kind: 'serve', plan });
  }

  async #begin(child: WorkerChild, index: number, plan: Plan): Promise<void> {
    await child.up;
    this.#giveSockets(child, index, () => true);
    const tickets = this.#tickets.secrets;
    const clients = [...this.#crowds].map(([pid, counts]) => [pid, [...counts]] as const);
    await child.ask({ kind: 'begin', plan, tickets, proofs: this.#proofs, targets: this.#targets, clients });
  }

  /** One socket for each of those doors; what more there is of a door is lent by {@link #spread}. */
  #giveSockets(child: WorkerChild, index: number, wanted: (door: string) => boolean): void {
    const given = new Set<string>();
    for (const { door, handle } of this.#sockets.of(index, this.#places.length)) {
      if (given.has(door) || !wanted(door)) continue;
      given.add(door);
      child.tell({ kind: 'socket', door, lent: false }, handle);
    }
  }

  /** Sees to it that every socket is accepted from: those of empty places, and those beyond one a worker, are lent to workers. */
  #spread(): void {
    const places = this.#places.length;
    const serving = this.#places.flatMap(({ child }, index) => (child ? [{ child, index }] : []));
    if (serving.length === 0) return;
    for (const { child } of serving) child.tell({ kind: 'returnSockets' });
    for (const [index, { child }] of this.#places.entries()) {
      const given = new Set<string>();
      const host = child ?? serving[index % serving.length]!.child;
      for (const { door, handle } of this.#sockets.of(index, places)) {
        if (child && !given.has(door)) given.add(door);
        else host.tell({ kind: 'socket', door, lent: true }, handle);
      }
    }
  }

  /** Tries `request` on one worker first: what that refuses, none gets. Workers that end meanwhile are replaced by such as know of it. */
  async #askEach(request: Request): Promise<void> {
    const children = this.#places.flatMap(({ child }) => child ?? []);
    let accepted = false;
    while (!accepted && children.length > 0) accepted = await askUnlessGone(children.shift()!, request);
    await Promise.all(
      children.map((child) =>
        askUnlessGone(child, request).catch((error: unknown) => {
          this.#logs.errors.error('a worker did not take up a change and is replaced', {
            pid: child.pid,
            error: describeError(error),
          });
          child.kill();
        }),
      ),
    );
  }

  #resize(workers: number): void {
    const limit = this.#plan?.snapshot.limits.drainTimeout ?? 0;
    for (const place of this.#places.splice(workers)) {
      if (place.timer) clearTimeout(place.timer);
      for (const child of [place.child, place.next]) if (child) this.#dismiss(child, limit);
    }
    while (this.#places.length < workers) {
      const place: Place = { child: null, next: null, restarts: 0, policy: new RestartPolicy(), timer: null };
      this.#places.push(place);
      this.#startIn(place);
    }
  }

  #startIn(place: Place): void {
    place.timer = null;
    const next = new WorkerChild(this, process.geteuid?.() === 0 ? this.#account : null);
    place.next = next;
    // The first ones begin when there is something to serve.
    if (this.#plan === null) return;
    void this.#takeOver(place, next).catch((error: unknown) => {
      if (error instanceof WorkerGone) return;
      this.#logs.errors.error('a worker cannot begin', { pid: next.pid, error: describeError(error) });
      next.kill();
    });
  }

  async #takeOver(place: Place, next: WorkerChild): Promise<void> {
    await next.up;
    await this.#inTurn(async () => {
      const index = this.#places.indexOf(place);
      if (index < 0 || this.#plan === null || this.#stopping) return;
      await this.#begin(next, index, this.#plan);
      const before = place.child;
      place.child = next;
      place.next = null;
      if (before) {
        place.restarts++;
        this.#dismiss(before, this.#plan.snapshot.limits.drainTimeout);
      }
      this.#spread();
    });
  }

  #dismiss(child: WorkerChild, milliseconds: number, isPatient = true): void {
    if (child.gone) return;
    child.draining = true;
    this.#leaving.add(child);
    child.tell({ kind: 'drain', milliseconds, isPatient });
  }

  #tellAll(notice: Notice): void {
    for (const child of this.#everyChild()) child.tell(notice);
  }

  #everyChild(): readonly WorkerChild[] {
    return [...this.#places.flatMap(({ child, next }) => [child ?? [], next ?? []].flat()), ...this.#leaving];
  }

  #stop(): void {
    this.#stopping = true;
    this.#tickets.stop();
    for (const { timer } of this.#places) if (timer) clearTimeout(timer);
  }
}

/** This process writes no access log: its workers do. */
function ownLogs(logs: LogSettings): LogSettings {
  return { ...logs, access: 'off' };
}

/** Whether it has taken it up; false when it has ended. Rejects when it refuses. */
async function askUnlessGone(child: WorkerChild, request: Request): Promise<boolean> {
  try {
    await child.ask(request);
    return true;
  } catch (error) {
    if (error instanceof WorkerGone) return false;
    throw error;
  }
}

/** Of a worker that is too busy to answer: what it last told of itself. */
async function factsOf(child: WorkerChild, restarts: number): Promise<WorkerFacts | null> {
  const answer = child.ask({ kind: 'report' }).catch(() => null);
  const facts = (await Promise.race([answer, pause(reportTime, null, { ref: false })])) ?? child.facts;
  return facts && { ...facts, state: child.draining ? 'draining' : 'serving', restarts };
}

function startFailed(how: string): UserError {
  return new UserError(`the workers cannot be started; ${how}`, {
    code: 'worker-failed',
    cure: 'What it printed stands above. `workers: 1` serves in one process.',
  });
}
