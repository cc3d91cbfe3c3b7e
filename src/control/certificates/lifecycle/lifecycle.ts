import type { Timer } from '../../../model/clock.ts';
import { type CertificateStatus, statusOf } from './certificate-status.ts';
import { DueHeap } from './due-heap.ts';
import { OrderFailure } from './failure.ts';
import type { IssuerHealth } from './issuer-health.ts';
import type { LifecycleOptions } from './options.ts';
import type { Generation, ManagedCertificate } from './record.ts';
import {
  type CertificateRecord,
  clockWentBack,
  type DueWork,
  dueWork,
  failed,
  namesWanted,
  newRecord,
  succeeded,
} from './state.ts';
import type { StoredCertificate } from './store.ts';
import { CertificateWork, type RecordCell } from './work.ts';

/** The wall clock is looked at again after this time at the latest: it may have jumped. */
const longestNap = 10 * 60_000;
const backwardJump = 60_000;
const concurrentPolls = 8;

type Doing = 'nothing' | 'queued' | 'order' | 'poll' | 'save';

/** A certificate in the loop. */
interface Entry extends RecordCell {
  /** What the heap node that counts stands for; other nodes of the entry are void. */
  next: DueWork;
  doing: Doing;
  /** The user wants an order now. */
  wanted: boolean;
  forced: boolean;
  removed: boolean;
  /** Told how the next order ended. */
  waiters: ((failure: OrderFailure | null) => void)[];
}

/**
 * Keeps certificates from lapsing: one loop over pure states with due times. It asks issuers, stores what they issue,
 * and tells of it; it never deletes a certificate. Nothing throws out of the loop: failures become states.
 */
export class Lifecycle {
  readonly #options: LifecycleOptions;
  readonly #work: CertificateWork;
  readonly #entries = new Map<string, Entry>();
  readonly #due = new DueHeap<Entry>();
  /** Orders that are due and wait for a free slot, the least time left first. */
  readonly #orders = new DueHeap<Entry>();
  readonly #polls = new DueHeap<Entry>();
  readonly #running = new Set<Promise<void>>();
  readonly #underWay = { order: 0, poll: 0, save: 0 };
  #timer: Timer | null = null;
  #timerAt = 0;
  #lastSeen = 0;
  #stopped = false;

  constructor(options: LifecycleOptions) {
    this.#options = options;
    this.#work = new CertificateWork(options);
  }

  /** Takes up what storage holds of `certificates` and starts the loop. Rejects when storage cannot be read. */
  async start(certificates: readonly ManagedCertificate[]): Promise<void> {
    this.#lastSeen = this.#options.clock.now();
    await this.update(certificates);
  }

  /**
   * Looks after exactly these certificates from now on. One whose names changed is ordered anew at once, the old one
   * staying in use until then; one that is gone is left in storage. Rejects when storage cannot be read; nothing has
   * changed then.
   */
  async update(certificates: readonly ManagedCertificate[]): Promise<void> {
    const fresh = certificates.some((one) => !this.#entries.has(one.name));
    const stored = new Map((fresh ? await this.#options.store.loadAll() : []).map((one) => [one.name, one]));
    const wanted = new Set(certificates.map((one) => one.name));
    for (const [name, entry] of this.#entries) {
      if (wanted.has(name)) continue;
      entry.removed = true;
      this.#entries.delete(name);
    }
    for (const certificate of certificates) {
      const entry = this.#entries.get(certificate.name);
      if (!entry) this.#add(certificate, stored.get(certificate.name));
      else if (certificate.names.join() !== entry.record.names.join()) this.#rename(entry, certificate.names);
    }
    this.#wake();
  }

  /**
   * Orders `name` now, whatever its due time; `force` also spends the last duplicate the CA allows. Resolves with null
   * when it was issued, else with the failure. Undefined: no such certificate.
   */
  renewNow(name: string, force = false): Promise<OrderFailure | null> | undefined {
    const entry = this.#entries.get(name);
    if (!entry) return undefined;
    return new Promise((resolve) => {
      entry.waiters.push(resolve);
      if (entry.doing === 'order') return;
      entry.wanted = true;
      entry.forced ||= force;
      if (entry.doing === 'nothing') this.#enqueue(entry, 0);
      this.#wake();
    });
  }

  /** The certificate in use; null when there is none (yet). */
  generation(name: string): Generation | null {
    return this.#entries.get(name)?.record.generation ?? null;
  }

  /**
   * Takes up a certificate that was got elsewhere: it is stored, told to `onIssued` and renewed when it is due. Rejects
   * when it cannot be stored; nothing has changed then.
   */
  async adopt(name: string, generation: Generation): Promise<void> {
    const entry = this.#entries.get(name);
    if (!entry) throw new Error(`no certificate ${name} is looked after`);
    await this.#options.store.saveGeneration(name, generation);
    const { issued } = entry.record.progress;
    const adopted = succeeded(entry.record, generation, this.#options.clock.now());
    entry.record = { ...adopted, progress: { ...adopted.progress, issued } };
    this.#schedule(entry);
    await this.#options.onIssued(name, generation.pair, generation);
    this.#wake();
  }

  /** When each issuer takes an order for `name` again; only those that do not now. For the doctor. */
  orderLimits(name: string): readonly { readonly issuer: string; readonly at: number }[] {
    const entry = this.#entries.get(name);
    return entry ? this.#work.limits(entry.record) : [];
  }

  status(): readonly CertificateStatus[] {
    const now = this.#options.clock.now();
    return [...this.#entries.values()].map((entry) => statusOf(entry.record, now));
  }

  issuers(): readonly IssuerHealth[] {
    return this.#work.health.all();
  }

  /**
   * Ends the loop. Orders under way are given up and do not count as failures; resolves when their proofs are taken
   * away, or after five seconds.
   */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#work.stop();
    this.#timer?.cancel();
    await Promise.allSettled([...this.#running]);
    await this.#work.left();
  }

  #add(certificate: ManagedCertificate, stored: StoredCertificate | undefined): void {
    const now = this.#options.clock.now();
    const fresh = newRecord(certificate);
    const known = { generation: stored?.generation ?? null, progress: stored?.progress ?? fresh.progress };
    const restored = clockWentBack(this.#afterInterruption({ ...fresh, ...known }, now), now);
    const record = namesWanted(restored, certificate.names);
    const entry: Entry = {
      record,
      next: { work: 'nothing', at: Number.POSITIVE_INFINITY },
      doing: 'nothing',
      wanted: false,
      forced: false,
      removed: false,
      waiters: [],
    };
    this.#entries.set(certificate.name, entry);
    this.#schedule(entry);
  }

  /** An order the program died within counts as failed, so that a crash loop cannot spend orders one after the other. */
  #afterInterruption(record: CertificateRecord, now: number): CertificateRecord {
    const { generation, progress } = record;
    const { underWay } = progress;
    if (!underWay) return record;
    if (generation && generation.obtainedAt >= underWay.at) return succeeded(record, generation, generation.obtainedAt);
    const failure = new OrderFailure('the program ended while the order was under way', { kind: 'interrupted' });
    return failed(record, failure, this.#work.failureContext(underWay.issuer, now));
  }

  #rename(entry: Entry, names: readonly string[]): void {
    entry.record = namesWanted(entry.record, names);
    this.#schedule(entry);
  }

  #schedule(entry: Entry): void {
    if (entry.doing !== 'nothing') return;
    entry.next = dueWork(entry.record, this.#work.isPolled(entry.record));
    if (Number.isFinite(entry.next.at)) this.#due.push(entry.next.at, entry);
  }

  /** Starts what is due and sleeps until the next due time. */
  #wake(): void {
    if (this.#stopped) return;
    const now = this.#options.clock.now();
    if (now < this.#lastSeen - backwardJump) this.#realign(now);
    this.#lastSeen = now;
    while (this.#due.first <= now) {
      const time = this.#due.first;
      const entry = this.#due.pop()!;
      if (!entry.removed && entry.doing === 'nothing' && entry.next.at === time) this.#dispatch(entry);
    }
    this.#fillSlots();
    this.#sleep(now);
  }

  #sleep(now: number): void {
    const at = Math.min(this.#due.first, now + longestNap);
    // A timer that rings a little early for the next nap is kept: most wakes change nothing about it.
    if (this.#timer && this.#timerAt > now && this.#timerAt <= at) return;
    this.#timer?.cancel();
    this.#timerAt = at;
    this.#timer = this.#options.clock.after(Math.max(at - now, 0), () => {
      this.#timer = null;
      this.#wake();
    });
  }

  #realign(now: number): void {
    this.#options.log.warn('the clock went backwards; waiting times are set anew');
    this.#timer?.cancel();
    this.#timer = null;
    for (const entry of this.#entries.values()) {
      entry.record = clockWentBack(entry.record, now);
      this.#schedule(entry);
    }
  }

  #dispatch(entry: Entry): void {
    const { work, at } = entry.next;
    if (work === 'order') this.#enqueue(entry, entry.record.generation?.notAfter ?? 0);
    else if (work === 'save') this.#run(entry, 'save');
    else if (work === 'poll') {
      entry.doing = 'queued';
      this.#polls.push(at, entry);
    }
  }

  #enqueue(entry: Entry, urgency: number): void {
    entry.doing = 'queued';
    this.#orders.push(urgency, entry);
  }

  #fillSlots(): void {
    const most = this.#options.concurrentOrders ?? 4;
    while (this.#underWay.order < most && this.#orders.size > 0) this.#take(this.#orders.pop()!, 'order');
    while (this.#underWay.poll < concurrentPolls && this.#polls.size > 0) this.#take(this.#polls.pop()!, 'poll');
  }

  #take(entry: Entry, work: 'order' | 'poll'): void {
    if (!entry.removed) this.#run(entry, work);
    else for (const waiter of entry.waiters.splice(0)) waiter(new OrderFailure('removed', { kind: 'interrupted' }));
  }

  #run(entry: Entry, work: 'order' | 'poll' | 'save'): void {
    entry.doing = work;
    this.#underWay[work]++;
    const running = this.#perform(entry, work).then(() => {
      this.#underWay[work]--;
      entry.doing = 'nothing';
      this.#running.delete(running);
      if (entry.wanted && !entry.removed) this.#enqueue(entry, 0);
      else if (!entry.removed) this.#schedule(entry);
      this.#wake();
    });
    this.#running.add(running);
  }

  async #perform(entry: Entry, work: 'order' | 'poll' | 'save'): Promise<void> {
    if (work === 'poll') return this.#work.poll(entry);
    if (work === 'save') return this.#work.save(entry);
    const { forced } = entry;
    entry.wanted = false;
    entry.forced = false;
    const failure = await this.#work.obtain(entry, forced);
    for (const waiter of entry.waiters.splice(0)) waiter(failure);
  }
}
