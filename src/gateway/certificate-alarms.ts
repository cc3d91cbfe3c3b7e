import type { CertificateEvent } from '../control/certificates/lifecycle/alarm.ts';
import { commandHook } from '../control/certificates/lifecycle/command-hook.ts';
import type { CertificateFilesOf } from '../control/certificates/lifecycle/event-facts.ts';
import { webhook } from '../control/certificates/lifecycle/webhook.ts';
import type { AcmeConfig } from '../model/acme.ts';
import type { Clock } from '../model/clock.ts';
import type { Log } from '../model/log.ts';

export interface AlarmTools {
  readonly clock: Clock;
  readonly log: Log;
  readonly files: CertificateFilesOf;
}

/** Tells what happens to certificates: the error log, the user's command and the webhook. One event after the other. */
export class CertificateAlarms {
  readonly #log: Log;
  readonly #receivers: readonly ((event: CertificateEvent) => Promise<void>)[];
  #last: Promise<unknown> = Promise.resolve();

  constructor({ onCertificate, webhook: hook }: AcmeConfig, { clock, log, files }: AlarmTools) {
    this.#log = log;
    this.#receivers = [
      ...(onCertificate === null ? [] : [commandHook({ command: onCertificate, files, log })]),
      ...(hook === null ? [] : [webhook({ url: hook.url, ca: hook.ca ?? undefined, clock, log })]),
    ];
  }

  tell(event: CertificateEvent): void {
    this.#write(event);
    this.#last = this.#last.then(() => Promise.all(this.#receivers.map((receiver) => receiver(event))));
  }

  #write({ event, name, generation, error, attempts, nextAttempt }: CertificateEvent): void {
    const validUntil = generation ? new Date(generation.notAfter).toISOString() : undefined;
    if (event === 'obtained' || event === 'renewed') {
      this.#log.info(`certificate ${event}`, { name, issuer: generation?.issuer, validUntil });
      return;
    }
    const texts = {
      failing: 'no new certificate can be had',
      expiring: 'the certificate is about to expire and cannot be renewed',
      'not-served': 'the new certificate is not what is served',
    };
    const next = nextAttempt > 0 ? new Date(nextAttempt).toISOString() : undefined;
    const facts = {
      name,
      error: error?.message,
      cure: error?.cure || undefined,
      attempts,
      validUntil,
      nextAttempt: next,
    };
    this.#log.error(texts[event], facts);
  }
}
