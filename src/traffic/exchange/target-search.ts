import type { Balancer, Seeker, Waiter } from '../upstream/balancer.ts';
import type { Member } from '../upstream/member.ts';
import { isTargetsFault, isUnconnected, type UpstreamFailure } from '../upstream/upstream-failure.ts';

/** How far a request had come when its target failed. */
interface FailedRequest {
  /** Some of the response had been received, or as much time had passed as it may take. */
  readonly answered: boolean;
  /** On a connection that had carried another exchange before. */
  readonly reused: boolean;
  /** It has no body, which would be gone. */
  readonly bodiless: boolean;
  /** Its method may be sent twice without harm. */
  readonly idempotent: boolean;
}

/** What to do about it: send it to the same target on a new connection, to another one, wait for a target, or give up. */
export type NextStep = 'again' | 'wait' | 'fail' | Member;

/** The way of one request to its target. Used again for the next one. */
export class TargetSearch {
  /** The target that was asked; null while there is none. */
  member: Member | null = null;
  /** End of the time it may wait for targets in all, on the worker's clock; 0 before it has to. */
  waitsUntil = 0;
  #balancer: Balancer | null = null;
  #waiting = false;
  /** Targets that could not take the request. */
  #tried: Member[] = [];
  /** It was sent again to the same target. */
  #retried = false;
  /** It was sent again although a target had begun with it. */
  #repeated = false;

  begin(balancer: Balancer): void {
    this.#balancer = balancer;
    this.waitsUntil = 0;
    this.#retried = false;
    this.#repeated = false;
    if (this.#tried.length > 0) this.#tried = [];
  }

  /** It waits for a target. */
  get waiting(): boolean {
    return this.#waiting;
  }

  /** It is about to be sent to `member`. */
  enter(member: Member): void {
    if (this.member === member) return;
    this.leave();
    this.member = member;
    member.endpoint.begun();
  }

  /** The target has one request less. */
  leave(): void {
    const { member } = this;
    this.member = null;
    member?.endpoint.ended();
  }

  /** A connection to the target has been made. */
  connected(): void {
    this.#balancer!.connected(this.member!);
  }

  /** Waits for a target; null, or why there is no use in that. */
  wait(waiter: Waiter): UpstreamFailure | null {
    const refusal = this.#balancer!.enqueue(waiter);
    this.#waiting = refusal === null;
    return refusal;
  }

  /** There is a target after waiting. */
  waited(): void {
    this.#waiting = false;
    this.#tried = [];
  }

  withdraw(waiter: Waiter): void {
    if (!this.#waiting) return;
    this.#waiting = false;
    this.#balancer!.withdraw(waiter);
  }

  /** The request has failed at its target. A reused connection that dies before the first byte of a response is no verdict on the target. */
  afterFailure(seeker: Seeker, cause: UpstreamFailure, request: FailedRequest): NextStep {
    const balancer = this.#balancer!;
    const member = this.member!;
    const unprocessed = cause.kind === 'unprocessed';
    const harmless = request.bodiless && (unprocessed || request.idempotent) && !request.answered;
    if (harmless && !this.#retried && (unprocessed || (cause.kind === 'closed' && request.reused))) {
      this.#retried = true;
      return 'again';
    }
    if (isTargetsFault(cause)) balancer.failed(member, cause);
    const unconnected = isUnconnected(cause);
    if (request.answered || !(unconnected || (harmless && cause.kind === 'closed' && !this.#repeated))) return 'fail';
    if (!unconnected) this.#repeated = true;
    this.#tried.push(member);
    const other = balancer.chooseOther(seeker, this.#tried);
    if (other !== null) return other;
    if (unconnected) return balancer.refused(member) ? 'wait' : 'fail';
    return balancer.isApp ? 'again' : 'fail';
  }
}
