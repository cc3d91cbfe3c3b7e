import type { CertificateEvent } from './alarm.ts';

/** Where a certificate's files are, when it is kept in files others may read. */
export type CertificateFilesOf = (name: string) => { readonly certificate: string; readonly key: string } | null;

/** An event as the webhook posts it: no key, no secret. Times are ISO 8601. */
export interface EventFacts {
  readonly event: CertificateEvent['event'];
  readonly name: string;
  readonly names: readonly string[];
  readonly at: string;
  readonly issuer: string;
  readonly notAfter: string | null;
  readonly daysLeft: number | null;
  readonly attempts: number;
  readonly nextAttempt: string | null;
  readonly error: string | null;
  readonly cure: string | null;
}

const iso = (time: number): string => new Date(time).toISOString();

export function eventFacts(event: CertificateEvent): EventFacts {
  const { generation, error } = event;
  return {
    event: event.event,
    name: event.name,
    names: event.names,
    at: iso(event.at),
    issuer: generation?.issuer ?? error?.issuer ?? '',
    notAfter: generation ? iso(generation.notAfter) : null,
    daysLeft: generation ? Math.floor((generation.notAfter - event.at) / 86_400_000) : null,
    attempts: event.attempts,
    nextAttempt: event.nextAttempt > event.at ? iso(event.nextAttempt) : null,
    error: error?.message ?? null,
    cure: error?.cure || null,
  };
}

/** The same as environment variables of a command, `SALLYPORT_EVENT` and so on; absent facts are empty. */
export function eventEnvironment(event: CertificateEvent, files: CertificateFilesOf): Record<string, string> {
  const facts = eventFacts(event);
  const paths = files(event.name);
  return {
    SALLYPORT_EVENT: facts.event,
    SALLYPORT_NAME: facts.name,
    SALLYPORT_NAMES: facts.names.join(' '),
    SALLYPORT_ISSUER: facts.issuer,
    SALLYPORT_NOT_AFTER: facts.notAfter ?? '',
    SALLYPORT_DAYS_LEFT: facts.daysLeft === null ? '' : String(facts.daysLeft),
    SALLYPORT_ATTEMPTS: String(facts.attempts),
    SALLYPORT_NEXT_ATTEMPT: facts.nextAttempt ?? '',
    SALLYPORT_ERROR: facts.error ?? '',
    SALLYPORT_CURE: facts.cure ?? '',
    SALLYPORT_CERTIFICATE_FILE: paths?.certificate ?? '',
    SALLYPORT_KEY_FILE: paths?.key ?? '',
  };
}
