import { hash } from 'node:crypto';
import { fieldId } from '../../../wire/http1/field-names.ts';
import type { Visit } from '../visit.ts';

/** What a service's consent comes to. */
export interface Consent {
  /** Complete field lines for the app. */
  readonly requestLines: string;
  readonly user: string;
}

/** Most consents kept; beyond it the oldest goes. */
const mostKept = 10_000;

/** Remembers for a while whom a service has let pass with what: equal in method, address, client, credentials and cookies. */
export class RememberedConsents {
  readonly #milliseconds: number;
  readonly #kept = new Map<string, { readonly consent: Consent; readonly until: number }>();

  constructor(milliseconds: number) {
    this.#milliseconds = milliseconds;
  }

  find(name: string, now: number): Consent | undefined {
    const kept = this.#kept.get(name);
    // A time far ahead is from a clock that has been set back since.
    if (kept !== undefined && now < kept.until && kept.until <= now + this.#milliseconds) return kept.consent;
    this.#kept.delete(name);
    return undefined;
  }

  keep(name: string, consent: Consent, now: number): void {
    this.#kept.delete(name);
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size < mostKept) break;
      this.#kept.delete(oldest);
    }
    this.#kept.set(name, { consent, until: now + this.#milliseconds });
  }
}

/** Names all that a consent is about; a digest, so that no credentials are kept. */
export function consentName({ request, scheme, host, clientAddress, user, requestLines }: Visit): string {
  const { fields, method, target } = request;
  const shown = [fields.join(fieldId.authorization) ?? null, fields.join(fieldId.cookie) ?? null];
  return hash(
    'sha256',
    JSON.stringify([method, scheme, host, target, clientAddress, user, requestLines, shown]),
    'base64',
  );
}
