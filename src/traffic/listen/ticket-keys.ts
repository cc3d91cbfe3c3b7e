import { hkdfSync, randomBytes } from 'node:crypto';
import { type Clock, systemClock, type Timer } from '../../model/clock.ts';

/** How long a secret encrypts new session tickets; it decrypts old ones for as long again. */
const rotationInterval = 12 * 3_600_000;

/** The 48 octets Node takes: name (16), HMAC key (16), AES key (16). The name stands at the front of every ticket, in clear. */
export interface SiteTicketKeys {
  readonly current: Buffer;
  readonly previous: Buffer;
}

/**
 * Secrets for session tickets: new every 12 hours, the one before still accepted, nothing older. Kept in memory only.
 * Each site's keys are derived from them, so a ticket of one site is meaningless to every other, and
 * a site keeps its keys over a change of its certificate.
 */
export class TicketKeys {
  #current = randomBytes(32);
  #previous = randomBytes(32);
  #timer: Timer | null = null;
  readonly #clock: Clock;

  constructor(clock: Clock = systemClock) {
    this.#clock = clock;
  }

  /** Rotates from now on and calls `rotated` after each change. */
  start(rotated: () => void): void {
    this.#timer = this.#clock.after(rotationInterval, () => {
      this.#previous = this.#current;
      this.#current = randomBytes(32);
      this.start(rotated);
      rotated();
    });
  }

  stop(): void {
    this.#timer?.cancel();
  }

  forSite(name: string): SiteTicketKeys {
    return { current: derive(this.#current, name), previous: derive(this.#previous, name) };
  }
}

function derive(secret: Buffer, name: string): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, '', `session tickets of ${name}`, 48));
}

/** Whether a ticket was made with these keys (RFC 5077 section 4: the key name comes first). */
export function isTicketOf(keys: Buffer, ticket: Buffer): boolean {
  return ticket.length > 16 && keys.compare(ticket, 0, 16, 0, 16) === 0;
}
