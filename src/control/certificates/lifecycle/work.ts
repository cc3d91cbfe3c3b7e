import { describeError } from '../../../model/errors.ts';
import { alarmsGiven, type CertificateEventKind, dueAlarms, eventOf } from './alarm.ts';
import { attemptOrder } from './attempt.ts';
import { duplicateAllowedAt } from './duplicate-limit.ts';
import { OrderFailure } from './failure.ts';
import type { Issuer } from './issuer.ts';
import { chooseIssuer, issuerRecord } from './issuer-choice.ts';
import { IssuerHealthBook } from './issuer-health.ts';
import type { LifecycleOptions } from './options.ts';
import type { Generation } from './record.ts';
import {
  abandoned,
  begun,
  type CertificateRecord,
  type FailureContext,
  failed,
  saveFailed,
  succeeded,
  windowFailed,
  windowLearned,
} from './state.ts';

/** Where the current record of a certificate stands; work reads it afresh after every wait. */
export interface RecordCell {
  record: CertificateRecord;
}

/** The things that can be done for one certificate. None of them rejects: failures become the record's next state. */
export class CertificateWork {
  readonly health: IssuerHealthBook;
  readonly order: readonly string[];
  readonly #random: () => number;
  readonly #options: LifecycleOptions;
  readonly #issuers: ReadonlyMap<string, Issuer>;
  /** Ends every order and poll under way. */
  readonly #underWay = new Set<(reason: OrderFailure) => void>();
  /** Work that was given up and may still be taking its proofs away. */
  readonly #leaving = new Set<Promise<unknown>>();
  #stopped = false;

  constructor(options: LifecycleOptions) {
    this.#options = options;
    this.#random = options.random ?? Math.random;
    this.#issuers = new Map(options.issuers.map((issuer) => [issuer.name, issuer]));
    this.order = [...this.#issuers.keys()];
    this.health = new IssuerHealthBook(this.order);
    if (this.order.length === 0) throw new Error('a lifecycle needs an issuer');
  }

  /** Whether the certificate's own issuer suggests when to renew it. */
  isPolled(record: CertificateRecord): boolean {
    return (this.#issuers.get(record.generation?.issuer ?? '')?.renewalInfo ?? null) !== null;
  }

  failureContext(issuer: string, now: number): FailureContext {
    const shunned = (one: string): boolean => this.health.isShunned(one, now);
    return { order: this.order, issuer, now, random: this.#random, shunned };
  }

  /** Issuers that take no order for these names now, and when they do: by their own word or by their duplicate limit. */
  limits(record: CertificateRecord): readonly { readonly issuer: string; readonly at: number }[] {
    const now = this.#options.clock.now();
    const { issued } = record.progress;
    return [...this.#issuers.values()].flatMap(({ name: issuer, duplicateLimit }) => {
      const allowed = duplicateAllowedAt(duplicateLimit, issued, issuer, now);
      const at = Math.max(issuerRecord(record.progress, issuer).holdUntil, allowed);
      return at > now ? [{ issuer, at }] : [];
    });
  }

  /** Gives up everything under way; orders that end so do not count as failures. */
  stop(): void {
    this.#stopped = true;
    for (const giveUp of [...this.#underWay]) giveUp(new OrderFailure('stopping', { kind: 'interrupted' }));
  }

  /** Resolves when what was given up has cleaned up behind itself, or after five seconds. */
  async left(): Promise<void> {
    if (this.#leaving.size === 0) return;
    const { promise: late, resolve } = Promise.withResolvers<void>();
    const timer = this.#options.clock.after(5000, resolve);
    await Promise.race([Promise.allSettled(this.#leaving), late]);
    timer.cancel();
  }

  /** One attempt; null when it gave a certificate. */
  async obtain(cell: RecordCell, forced: boolean): Promise<OrderFailure | null> {
    const { clock, store, preflight } = this.#options;
    const now = clock.now();
    const name = chooseIssuer(this.order, cell.record.progress, now, (one) => this.health.isShunned(one, now));
    const issuer = this.#issuers.get(name)!;
    this.health.probing(name, now);
    cell.record = begun(cell.record, name, now);
    await this.#keepProgress(cell);
    try {
      const generation = await this.#limited(`${name}: order`, (signal) =>
        attemptOrder(cell.record, { store, clock, issuer, signal, forced, preflight }),
      );
      await this.#obtained(cell, generation);
      return null;
    } catch (error) {
      const failure = asFailure(error);
      await this.#notObtained(cell, name, failure);
      return failure;
    }
  }

  /** Runs `work`, but no longer than the order timeout and the loop allow: what hangs must not keep its slot. */
  #limited<T>(what: string, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const minutes = (this.#options.orderTimeout ?? 15 * 60_000) / 60_000;
      const control = new AbortController();
      const giveUp = (reason: OrderFailure): void => {
        finish();
        reject(reason);
        this.#leaving.add(ended);
        control.abort(reason);
      };
      const timer = this.#options.clock.after(minutes * 60_000, () => {
        giveUp(new OrderFailure(`${what} took longer than ${minutes} min`, { kind: 'outage' }));
      });
      const finish = (): void => {
        timer.cancel();
        this.#underWay.delete(giveUp);
      };
      this.#underWay.add(giveUp);
      const ended = work(control.signal)
        .then(resolve, reject)
        .then(() => {
          finish();
          this.#leaving.delete(ended);
        });
    });
  }

  /** Stores the certificate in use. */
  async save(cell: RecordCell): Promise<void> {
    const { name, generation } = cell.record;
    if (!generation) return;
    try {
      await this.#options.store.saveGeneration(name, generation);
      if (cell.record.unsaved) cell.record = { ...cell.record, unsaved: null };
    } catch (error) {
      const message = describeError(error);
      cell.record = saveFailed(cell.record, message, this.#options.clock.now(), this.#random);
      this.#options.log.error('a certificate could not be stored', { name, error: message });
    }
    await this.#keepProgress(cell);
  }

  /** Asks the issuer when it would like the certificate to be renewed. */
  async poll(cell: RecordCell): Promise<void> {
    const { generation } = cell.record;
    const issuer = this.#issuers.get(generation?.issuer ?? '');
    const ask = issuer?.renewalInfo;
    if (!generation || !ask) return;
    try {
      const info = await this.#limited('renewal information', (signal) => ask.call(issuer, generation, signal));
      cell.record = windowLearned(cell.record, info, this.#options.clock.now(), this.#random);
    } catch {
      cell.record = windowFailed(cell.record, this.#options.clock.now());
    }
    await this.#keepProgress(cell);
  }

  async #obtained(cell: RecordCell, generation: Generation): Promise<void> {
    const event = cell.record.generation ? 'renewed' : 'obtained';
    const now = this.#options.clock.now();
    cell.record = succeeded(cell.record, generation, now);
    this.health.worked(generation.issuer, now);
    await this.save(cell);
    try {
      await this.#options.onIssued(cell.record.name, generation.pair, generation);
    } catch (error) {
      const facts = { name: cell.record.name, error: describeError(error) };
      this.#options.log.error('a new certificate could not be taken into use', facts);
    }
    this.#tell(event, cell.record);
  }

  async #notObtained(cell: RecordCell, issuer: string, failure: OrderFailure): Promise<void> {
    if (this.#stopped) {
      cell.record = abandoned(cell.record);
      await this.#keepProgress(cell);
      return;
    }
    const now = this.#options.clock.now();
    this.health.failed(issuer, failure.kind, failure.message, now);
    const record = failed(cell.record, failure, this.failureContext(issuer, now));
    const alarms = dueAlarms(record, now);
    cell.record = { ...record, progress: alarmsGiven(record.progress, alarms, now) };
    this.#options.log.warn('no certificate', { name: record.name, issuer, error: failure.message, cure: failure.cure });
    await this.#keepProgress(cell);
    for (const alarm of alarms) this.#tell(alarm, record);
  }

  /** Progress that cannot be written is worth only a line: the loop goes on from memory. */
  async #keepProgress(cell: RecordCell): Promise<void> {
    const { name, progress } = cell.record;
    try {
      await this.#options.store.saveProgress(name, progress);
    } catch (error) {
      this.#options.log.warn('certificate progress not stored', { name, error: describeError(error) });
    }
  }

  #tell(event: CertificateEventKind, record: CertificateRecord): void {
    try {
      this.#options.onEvent?.(eventOf(event, record, this.#options.clock.now()));
    } catch (error) {
      this.#options.log.error('certificate hook failed', { name: record.name, error: describeError(error) });
    }
  }
}

function asFailure(error: unknown): OrderFailure {
  return error instanceof OrderFailure
    ? error
    : new OrderFailure(describeError(error), { kind: 'outage', cause: error });
}
