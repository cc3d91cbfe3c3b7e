import type { RequestHead } from '../../wire/http1/request-head.ts';
import type { Peer } from '../filter/forwarding.ts';
import type { FieldEdits } from '../filter/request-fields.ts';
import type { Verdict } from './guard.ts';

/** A user of a file, and the hash the password matched. */
export interface LoginProof {
  readonly file: string;
  readonly user: string;
  readonly hash: string;
}

/** Whoever waits for the verdicts about a visit. */
export interface VisitHost {
  /** Comes once for each guard that was pending, never after {@link Visit.leave}. */
  guardSettled(visit: Visit, verdict: Verdict): void;
}

/** One request before its route's guards: what they may know about it, and what they add to it. */
export class Visit implements FieldEdits {
  readonly request: RequestHead;
  readonly peer: Peer;
  /** Of the client itself, behind any trusted proxies. IPv4 dotted, IPv6 without brackets. */
  readonly clientAddress: string;
  /** The site's first name. */
  readonly site: string;
  /** Host as the client sent it, with its port if it named one. */
  readonly host: string;
  /** Scheme as the client used it, behind any trusted proxies. */
  readonly scheme: string;
  /** Number of guards that have passed it. */
  passed = 0;
  /** Who it is, for the access log and later guards; '' while nobody knows. */
  user = '';
  /** What a password guard let it in by: an upgraded connection ends when that is gone. */
  login: LoginProof | null = null;
  /** Complete field lines for the app. */
  requestLines = '';
  /** Complete field lines for the client, on any answer to this request, the gate's own too. */
  responseLines = '';
  /** Ids of known fields (`fieldId`) that do not reach the app as sent. */
  readonly droppedIds: number[] = [];
  #host: VisitHost | null;

  constructor(facts: VisitFacts, listener: VisitHost) {
    this.request = facts.request;
    this.peer = facts.peer;
    this.clientAddress = facts.clientAddress;
    this.site = facts.site;
    this.scheme = facts.scheme;
    this.host = facts.host;
    this.#host = listener;
  }

  /** The client has gone, or waited for too long: nobody wants a verdict any more. */
  get left(): boolean {
    return this.#host === null;
  }

  /** The verdict of the guard that answered `pending`. May be called at any time, even when nobody waits any more. */
  settle(verdict: Verdict): void {
    this.#host?.guardSettled(this, verdict);
  }

  /** Called by the exchange when it ends. */
  leave(): void {
    this.#host = null;
  }
}

interface VisitFacts {
  readonly request: RequestHead;
  readonly peer: Peer;
  readonly clientAddress: string;
  readonly site: string;
  readonly host: string;
  readonly scheme: string;
}
