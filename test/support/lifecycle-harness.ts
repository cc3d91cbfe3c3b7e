import type { CertificateEvent } from '../../src/control/certificates/lifecycle/alarm.ts';
import type { Issuer } from '../../src/control/certificates/lifecycle/issuer.ts';
import { Lifecycle } from '../../src/control/certificates/lifecycle/lifecycle.ts';
import { MemoryStore } from '../../src/control/certificates/lifecycle/memory-store.ts';
import type { LifecycleOptions } from '../../src/control/certificates/lifecycle/options.ts';
import type { Generation } from '../../src/control/certificates/lifecycle/record.ts';
import { memoryLog } from './memory-log.ts';
import type { SteppedClock } from './stepped-clock.ts';

export const testStart = Date.UTC(2026, 5, 1);

/** A lifecycle over a clock that is moved by hand, with everything it did written down. */
export class LifecycleHarness {
  readonly clock: SteppedClock;
  readonly log = memoryLog();
  readonly events: CertificateEvent[] = [];
  readonly issued: { name: string; generation: Generation }[] = [];
  readonly lifecycle: Lifecycle;

  constructor(
    clock: SteppedClock,
    issuers: readonly Issuer[],
    store: MemoryStore = new MemoryStore(),
    options: Partial<LifecycleOptions> = {},
  ) {
    this.clock = clock;
    this.lifecycle = new Lifecycle({
      clock,
      store,
      issuers,
      log: this.log,
      random: () => 0.5,
      onIssued: (name, _pair, generation) => {
        this.issued.push({ name, generation });
      },
      onEvent: (event) => this.events.push(event),
      ...options,
    });
  }

  /** The one certificate's status. */
  get status() {
    const [status] = this.lifecycle.status();
    if (!status) throw new Error('no certificate');
    return status;
  }
}

export const site = { name: 'a.example', names: ['a.example', 'www.a.example'] };
