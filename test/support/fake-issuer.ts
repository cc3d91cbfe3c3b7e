import type { RenewalInfo } from '../../src/control/certificates/acme/renewal-info.ts';
import { OrderFailure } from '../../src/control/certificates/lifecycle/failure.ts';
import type { DuplicateLimit, IssueRequest, Issuer } from '../../src/control/certificates/lifecycle/issuer.ts';
import type { Generation } from '../../src/control/certificates/lifecycle/record.ts';
import type { Clock } from '../../src/model/clock.ts';

export const minute = 60_000;
export const hour = 60 * minute;
export const day = 24 * hour;

export interface FakeIssuerOptions {
  readonly name?: string;
  /** Milliseconds of validity. */
  readonly lifetime?: number | ((names: readonly string[]) => number);
  /** How long an order takes. */
  readonly duration?: number;
  readonly duplicateLimit?: DuplicateLimit;
  readonly rehearse?: (request: IssueRequest) => Promise<void>;
  readonly renewalInfo?: (generation: Generation) => Promise<RenewalInfo | undefined>;
}

const noPair = { chain: '', key: '' };

/** A CA without cryptography: issues after a while by the given clock, or fails as told. */
export class FakeIssuer implements Issuer {
  readonly name: string;
  readonly duplicateLimit: DuplicateLimit | null;
  readonly rehearse: Issuer['rehearse'];
  readonly renewalInfo: Issuer['renewalInfo'];
  /** Asked at the beginning and at the end of every order; a failure ends it. */
  trouble: (now: number, request: IssueRequest) => OrderFailure | null = () => null;
  /** Orders the CA accepted. */
  orders = 0;
  onOrder: (names: readonly string[]) => void = () => {};
  /** Attempts that ended at once. */
  refusals = 0;
  atOnce = 0;
  mostAtOnce = 0;
  readonly requests: IssueRequest[] = [];
  keepRequests = true;
  readonly #clock: Clock;
  readonly #lifetime: (names: readonly string[]) => number;
  readonly #duration: number;

  constructor(clock: Clock, options: FakeIssuerOptions = {}) {
    this.#clock = clock;
    this.name = options.name ?? 'first';
    const { lifetime = 90 * day } = options;
    this.#lifetime = typeof lifetime === 'number' ? () => lifetime : lifetime;
    this.#duration = options.duration ?? 20_000;
    this.duplicateLimit = options.duplicateLimit ?? null;
    this.rehearse = options.rehearse ?? null;
    this.renewalInfo = options.renewalInfo ?? null;
  }

  obtain(request: IssueRequest): Promise<Generation> {
    if (this.keepRequests) this.requests.push(request);
    const trouble = this.trouble(this.#clock.now(), request);
    if (trouble) {
      this.refusals++;
      return Promise.reject(trouble);
    }
    this.orders++;
    this.onOrder(request.names);
    this.atOnce++;
    this.mostAtOnce = Math.max(this.mostAtOnce, this.atOnce);
    return new Promise((resolve, reject) => {
      this.#clock.after(this.#duration, () => {
        this.atOnce--;
        const now = this.#clock.now();
        const late = this.trouble(now, request);
        if (late) reject(late);
        else resolve(this.#issue(request.names, now));
      });
      if (this.keepRequests) request.signal.addEventListener('abort', () => reject(request.signal.reason));
    });
  }

  #issue(names: readonly string[], now: number): Generation {
    const notAfter = now + this.#lifetime(names);
    const renewalId = this.renewalInfo ? `${now}.${names[0]}` : '';
    return { names, pair: noPair, issuer: this.name, notBefore: now, notAfter, renewalId, obtainedAt: now };
  }
}

export function outage(message = 'connection refused'): OrderFailure {
  return new OrderFailure(message, { kind: 'outage' });
}
