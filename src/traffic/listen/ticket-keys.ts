import { hkdfSync, randomBytes } from 'node:crypto';
import { type Clock, systemClock, type Timer } from '../../model/clock.ts';

/** How long a secret encrypts new session tickets; it decrypts old ones for as long again. */
const rotationInterval = 12 * 3_600_000;

/** The 48 octets Node takes: name (16), HMAC key (16), AES key (16). The name stands at the front of every ticket, in clear. */
export interface SiteTicketKeys {
  readonly current: Buffer;
  readonly previous: Buffer;
}

/** What all ticket keys of a moment are derived from; 32 octets each. */
export interface TicketSecrets {
  readonly current: Buffer;
  readonly previous: Buffer;
}

/** Where listeners get their ticket keys from. */
export interface TicketKeys {
  forSite(name: string): SiteTicketKeys;
  /** Calls `rotated` after each change from now on. */
  start(rotated: () => void): void;
  stop(): void;
}

/**
 * Secrets for session tickets: new every 12 hours, the one before still accepted, nothing older. Kept in memory only.
 * Each site's keys are derived from them, so a ticket of one site is meaningless to every other, and
 * a site keeps its keys over a change of its certificate.
 */
export class RotatingTicketKeys implements TicketKeys {
  #secrets: TicketSecrets;
  #timer: Timer | null = null;
  readonly #clock: Clock;

  /** `secrets`: to begin with, those of a predecessor. */
  constructor(clock: Clock = systemClock, secrets: TicketSecrets | null = null) {
    this.#clock = clock;
    this.#secrets = secrets ?? { current: randomBytes(32), previous: randomBytes(32) };
  }

  get secrets(): TicketSecrets {
    return this.#secrets;
  }

  start(rotated: () => void): void {
    this.#timer = this.#clock.after(rotationInterval, () => {
      this.#secrets = { current: randomBytes(32), previous: this.#secrets.current };
      this.start(rotated);
      rotated();
    });
  }

  stop(): void {
    this.#timer?.cancel();
  }

  forSite(name: string): SiteTicketKeys {
    return keysOf(this.#secrets, name);
  }
}

/** Ticket keys of secrets that somebody else rotates, so that a ticket of one worker is good at every other. */
export class GivenTicketKeys implements TicketKeys {
  #secrets: TicketSecrets;
  #rotated: () => void = () => {};

  constructor(secrets: TicketSecrets) {
    this.#secrets = secrets;
  }

  take(secrets: TicketSecrets): void {
    this.#secrets = secrets;
    this.#rotated();
  }

  start(rotated: () => void): void {
    this.#rotated = rotated;
  }

  stop(): void {
    this.#rotated = () => {};
  }

  forSite(name: string): SiteTicketKeys {
    return keysOf(this.#secrets, name);
  }
}

function keysOf({ current, previous }: TicketSecrets, name: string): SiteTicketKeys {
  return { current: derive(current, name), previous: derive(previous, name) };
}

function derive(secret: Buffer, name: string): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, '', `session tickets of ${name}`, 48));
}

/** Whether a ticket was made with these keys (RFC 5077 section 4: the key name comes first). */
export function isTicketOf(keys: Buffer, ticket: Buffer): boolean {
  return ticket.length > 16 && keys.compare(ticket, 0, 16, 0, 16) === 0;
}
