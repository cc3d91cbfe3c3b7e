import type { Clock, Timer } from '../../model/clock.ts';
import type { Log } from '../../model/log.ts';
import type { Target } from '../../model/site.ts';
import type { HealthCheck } from '../../model/target-group.ts';
import type { NameAddresses } from '../../model/target-news.ts';
import { probe } from './probe.ts';

/** One target that is asked. */
export interface Watched {
  readonly target: Target;
  readonly check: HealthCheck;
}

interface ProberOptions {
  readonly clock: Clock;
  readonly log: Log;
  /** What a name stands for; null when that is not known. */
  readonly addressesOf: (host: string) => NameAddresses | null;
  /** Some target has gone down or come up. */
  readonly onChange: () => void;
}

/** Asks targets again and again. A target is up until it has failed `fall` times, and down until it has done well `rise` times. */
export class Prober {
  readonly #options: ProberOptions;
  readonly #watches = new Map<string, Watch>();

  constructor(options: ProberOptions) {
    this.#options = options;
  }

  /** Asks these from now on, by the key of each check; those asked already go on as they are. */
  take(watched: ReadonlyMap<string, Watched>): void {
    for (const [key, watch] of this.#watches) {
      if (watched.has(key)) continue;
      watch.stop();
      this.#watches.delete(key);
    }
    for (const [key, one] of watched)
      if (!this.#watches.has(key)) this.#watches.set(key, new Watch(one, this.#options));
  }

  /** Why targets are down, by the key of the check. */
  down(): ReadonlyMap<string, string> {
    const down = new Map<string, string>();
    for (const [key, { reason }] of this.#watches) if (reason !== '') down.set(key, reason);
    return down;
  }

  stop(): void {
    this.take(new Map());
  }
}

class Watch {
  /** Why it is down; '' while it is up. */
  reason = '';
  readonly #watched: Watched;
  readonly #options: ProberOptions;
  /** Answers in a row that speak against what it is taken to be. */
  #contrary = 0;
  #timer: Timer | null = null;
  #stopped = false;

  constructor(watched: Watched, options: ProberOptions) {
    this.#watched = watched;
    this.#options = options;
    void this.#ask();
  }

  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
  }

  async #ask(): Promise<void> {
    const { target, check } = this.#watched;
    const addresses = target.kind === 'tcp' ? this.#options.addressesOf(target.host) : null;
    const verdict = await probe(target, check, addresses);
    if (this.#stopped) return;
    this.#judge(verdict);
    this.#timer = this.#options.clock.after(check.interval * spread(), () => void this.#ask());
  }

  #judge(verdict: string): void {
    const { target, check } = this.#watched;
    const { log, onChange } = this.#options;
    const up = this.reason === '';
    if (up === (verdict === '')) {
      this.#contrary = 0;
      return;
    }
    this.#contrary++;
    if (this.#contrary < (up ? check.fall : check.rise)) return;
    this.#contrary = 0;
    this.reason = verdict;
    if (up) log.error(`upstream ${target.name} is down: ${verdict}`);
    else log.info(`upstream ${target.name} is up again`);
    onChange();
  }
}

/** So that targets that are taken up together are not all asked at the same moment for ever. */
function spread(): number {
  return 0.9 + Math.random() * 0.2;
}
