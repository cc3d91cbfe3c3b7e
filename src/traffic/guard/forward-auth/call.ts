import type { Clock, Timer } from '../../../model/clock.ts';
import type { HeadWriter } from '../../../wire/http1/head-writer.ts';
import { RequestHead } from '../../../wire/http1/request-head.ts';
import type { ResponseHead } from '../../../wire/http1/response-head.ts';
import type { Endpoint } from '../../upstream/endpoint.ts';
import type { Upstream, UpstreamClient } from '../../upstream/upstream.ts';
import type { UpstreamFailure } from '../../upstream/upstream-failure.ts';

/** What a service said. */
export interface ServiceAnswer {
  readonly status: number;
  /** Fields in their order, names as sent. */
  readonly fields: readonly (readonly [name: string, value: string])[];
  readonly body: Buffer;
}

/** Whoever asked. Exactly one of the two is called, once. */
export interface Asker {
  answered(answer: ServiceAnswer): void;
  /** One line for the log. */
  failed(reason: string): void;
}

interface CallOptions {
  readonly endpoint: Endpoint;
  readonly clock: Clock;
  /** Milliseconds for all of it. */
  readonly timeout: number;
  /** Composes the question; called again should it be sent again, unless nobody waits for the answer any more. */
  compose(): HeadWriter;
  isWanted(): boolean;
}

/** Longest body of an answer, octets: a page that says why somebody may not pass. */
const longestBody = 256 * 1024;

/** Tells upstreams that nothing follows a question. */
const withoutBody = new RequestHead(1);

/** One question to a service, and its answer, over the connections that are kept to it. */
export class ServiceCall implements UpstreamClient {
  readonly toHead = false;
  readonly requestSent = true;
  readonly offersUpgrade = false;
  readonly #options: CallOptions;
  #asker: Asker | null;
  #upstream: Upstream | null = null;
  readonly #timer: Timer;
  #repeated = false;
  #head: Omit<ServiceAnswer, 'body'> | null = null;
  #body: Buffer[] = [];
  #length = 0;

  constructor(options: CallOptions, asker: Asker) {
    this.#options = options;
    this.#asker = asker;
    this.#timer = options.clock.after(options.timeout, () => this.#fail(`no answer within ${options.timeout} ms`));
  }

  send(anew = false): void {
    const { endpoint, compose } = this.#options;
    const upstream = anew ? endpoint.dial() : endpoint.take(false);
    this.#upstream = upstream;
    upstream.begin(this);
    upstream.sendHead(compose(), withoutBody);
  }

  onUpstreamConnected(): void {}
  onUpstreamDrain(): void {}
  onTrailers(): void {}
  onInformational(): void {}

  onUpgraded(): void {
    this.#fail('it switched protocols');
  }

  onResponse(head: ResponseHead, bytes: Buffer, start: number, end: number, ended: boolean): void {
    const { fields, status } = head;
    const all: [string, string][] = [];
    for (let i = 0; i < fields.count; i++) all.push([fields.name(i), fields.value(i)]);
    this.#head = { status, fields: all };
    this.onResponseBody(bytes, start, end, ended);
  }

  onResponseBody(bytes: Buffer, start: number, end: number, ended: boolean): void {
    this.#length += end - start;
    if (this.#length > longestBody) return this.#fail('its answer is too long');
    if (start < end) this.#body.push(Buffer.from(bytes.subarray(start, end)));
    if (!ended) return;
    this.#upstream = null;
    const asker = this.#end();
    asker?.answered({ ...this.#head!, body: Buffer.concat(this.#body) });
  }

  /** A connection that died unnoticed says nothing about the service: the question is sent once more. */
  onUpstreamFailure(cause: UpstreamFailure, anyByte: boolean): void {
    const again =
      !anyByte &&
      cause.kind === 'closed' &&
      this.#upstream?.reused === true &&
      !this.#repeated &&
      this.#options.isWanted();
    this.#upstream = null;
    if (!again || this.#asker === null) return this.#fail(cause.reason);
    this.#repeated = true;
    this.send(true);
  }

  #fail(reason: string): void {
    this.#upstream?.abandon();
    this.#upstream = null;
    this.#end()?.failed(reason);
  }

  #end(): Asker | null {
    this.#timer.cancel();
    const asker = this.#asker;
    this.#asker = null;
    return asker;
  }
}
