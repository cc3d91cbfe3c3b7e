import type { SubjectName } from '../control/certificates/x509/names.ts';
import type { Pki } from './pki/pki.ts';

/**
 * `control`: must be accepted, or the experiment says nothing. `must-refuse`: whoever verifies refuses it.
 * `informative`: verifying clients differ, or it is not about verification; never part of the verdict.
 */
type CaseGroup = 'control' | 'must-refuse' | 'informative';

/** A TLS server of a case: what it presents and what it does with a request. */
export interface TlsService {
  readonly kind: 'tls';
  /** PEM, leaf first. */
  readonly chain: string;
  /** PEM. */
  readonly key: string;
  readonly oldest?: 'TLSv1' | 'TLSv1.2';
  readonly newest?: 'TLSv1' | 'TLSv1.1' | 'TLSv1.2';
  /** In OpenSSL's words; Node's default when absent. */
  readonly ciphers?: string;
}

/** A server that answers a ClientHello in plain HTTP and takes what comes in the clear. */
export interface PlainService {
  readonly kind: 'plain';
}

/** A good server that redirects the first request to itself, and shows something else to every connection that begins after that. */
export interface TurningService {
  readonly kind: 'turning';
  readonly first: TlsService;
  readonly later: TlsService;
}

/** A good server that redirects every request to another one, the one that is watched. */
interface RedirectService {
  readonly kind: 'redirect';
  readonly from: TlsService;
  readonly to: TlsService | PlainService;
}

export type Service = TlsService | PlainService | RedirectService | TurningService;

/** One thing to show to a client. */
export interface Case {
  /** As it is typed after `--case`. */
  readonly name: string;
  readonly group: CaseGroup;
  /** What the server shows, in a few words. */
  readonly shows: string;
  /** What an attacker gains if a client accepts it; for informative cases what it means. One sentence. */
  readonly gain: string;
  /** The RFC and section that asks for it. */
  readonly rule: string;
  /** `address`: the client is sent to the lab's address instead of its name. */
  readonly at?: 'address';
  /** Host names alone; without it the case is also for a lab whose name is an address. */
  readonly hostNamesOnly?: true;
  serve(pki: Pki): Promise<Service>;
}

/** Whether the case says anything about a lab of this name. */
export function applies(each: Case, subject: SubjectName): boolean {
  return subject.type === 'dns' || (each.at === undefined && each.hostNamesOnly === undefined);
}
