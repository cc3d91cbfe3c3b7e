import type { Limits } from '../../model/limits.ts';
import { fieldId } from '../../wire/http1/field-names.ts';
import type { FieldTable } from '../../wire/http1/field-table.ts';
import type { ResponseHead } from '../../wire/http1/response-head.ts';
import type { Deadlined } from '../deadlines.ts';
import type { Origins } from '../filter/app-origin.ts';
import { forwardingOf, type Peer } from '../filter/forwarding.ts';
import { composeRequestHead } from '../filter/request-fields.ts';
import { composeResponseFields, composeUpgradeFields, type OriginSource } from '../filter/response-fields.ts';
import { composeSafeFields } from '../filter/safe-fields.ts';
import { askGuards } from '../guard/ask-guards.ts';
import { pass, pending, type Refusal, type Verdict } from '../guard/guard.ts';
import { Visit, type VisitHost } from '../guard/visit.ts';
import type { CompiledRoute } from '../route/routing-table.ts';
import type { Waiter } from '../upstream/balancer.ts';
import type { Member } from '../upstream/member.ts';
import type { Upstream, UpstreamClient } from '../upstream/upstream.ts';
import { noAnswer, type UpstreamFailure, waitedInVain } from '../upstream/upstream-failure.ts';
import { type AnswerPage, errorPage } from './answer-page.ts';
import type { BodyPlan, ClientStream } from './client-stream.ts';
import { destinationOf } from './destination.ts';
import { ExchangeFacts } from './exchange-facts.ts';
import { HeldBody } from './held-body.ts';
import { type HostView, isViewOf, viewHost } from './host-view.ts';
import { isLongLived } from './long-lived.ts';
import { allow, composeOwnFields, OwnAnswer, ownPageLines, redirect } from './own-answer.ts';
import { TargetSearch } from './target-search.ts';
import type { TrafficContext } from './traffic-context.ts';
import { Tunnel } from './tunnel.ts';

/** Methods that may be sent twice without harm (RFC 9110 §9.2.2). */
const idempotentMethods: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE']);

/** Seconds after which a client may ask again that found no target free. */
const retryAfter = 'Retry-After: 5\r\n';

/** The client went away before anything was answered; the number nginx made customary in logs. */
const clientClosedRequest = 499;

/**
 * ```
 * free --begin--> waiting --response head--> streaming --last byte--> ended
 *                 ^ |  |                         '--either side breaks--> ended
 *        passed --' |  '--101--> tunnel --both sides closed--> ended
 *         |         '--answer of our own--> ended
 *        held <--a guard takes its time
 * ```
 * While `held`, what comes of the request body is kept here and the client paused.
 */
type Phase = 'free' | 'held' | 'waiting' | 'streaming' | 'tunnel' | 'ended';

/**
 * One request and its response, whatever version of HTTP the client speaks. The phases in order: find the site and the
 * route, send the request to the app, pass the response back, record. Objects are used again and again.
 */
export class Exchange extends ExchangeFacts implements UpstreamClient, OriginSource, VisitHost, Waiter, Deadlined {
  deadline = 0;
  readonly #context: TrafficContext;
  #client: ClientStream | null = null;
  #upstream: Upstream | null = null;
  #phase: Phase = 'free';
  readonly #search = new TargetSearch();
  /** The app is not read from, because the client's side said so. */
  #stopped = false;
  #longLived = false;
  #trailers: FieldTable | null = null;
  /** null on a route without guards. */
  #visit: Visit | null = null;
  readonly #held = new HeldBody();
  #forwarding: Buffer | null = null;
  /** Counts the requests that this object has served, to tell whether one is over. */
  #turn = 0;
  #limits: Limits;

  constructor(context: TrafficContext) {
    super(context.limits.headFields);
    this.#context = context;
    this.#limits = context.limits;
    context.deadlines.add(this);
  }

  get client(): ClientStream | null {
    return this.#client;
  }

  /** Who the guards found it to be; '' when nobody asked. */
  get user(): string {
    return this.#visit?.user ?? '';
  }

  get offersUpgrade(): boolean {
    return this.request.upgrade && this.requestSent;
  }

  /** Starts with the request head; the body, if any, follows by {@link requestBody}. May end before it returns. */
  begin(client: ClientStream): void {
    this.#start(client);
    this.#decide(client);
  }

  /** As {@link begin}, for a request whose head was read but cannot be served. */
  beginRefused(client: ClientStream, status: number, detail: string): void {
    this.#start(client);
    this.#refuse(status, detail);
  }

  #start(client: ClientStream): void {
    const context = this.#context;
    this.#client = client;
    this.#phase = 'waiting';
    this.#limits = context.limits;
    this.#stopped = false;
    this.#turn++;
    this.#longLived = false;
    this.#trailers = null;
    this.#visit = null;
    this.#held.clear();
    this.#forwarding = null;
    this.restart();
    this.clientAddress = client.peer.address;
    if (context.recorder !== null) this.startedAt = Date.now();
    context.counters.requests++;
  }

  /** A piece of the request body. Returns false when the client should pause until `resumeRequest`. */
  requestBody(bytes: Buffer, start: number, end: number): boolean {
    this.requestBytes += end - start;
    if (this.#holdsBody) {
      this.#held.add(bytes, start, end);
      return false;
    }
    if (this.#upstream === null) return true;
    if (this.#phase === 'streaming') this.#progress();
    else this.#wait(this.#limits.bodyIdle);
    return this.#upstream.sendBody(bytes, start, end);
  }

  requestEnd(trailers: FieldTable | null): void {
    if (this.#holdsBody) return this.#held.end(trailers);
    this.requestSent = true;
    if (this.#upstream === null) return;
    this.#upstream.endBody(trailers);
    if (this.#phase === 'waiting') this.#wait(this.#limits.responseTimeout);
  }

  /** Whatever comes of the body is kept until there is a connection, so that until then another target can be asked. */
  get #holdsBody(): boolean {
    return this.#phase === 'held' || this.#upstream?.state === 'dialing';
  }

  /** The request cannot be read on: answered if nothing has been yet, else both sides are broken off. */
  requestFailed(status: number, detail: string): void {
    this.#dropUpstream();
    if (this.#phase !== 'waiting' && this.#phase !== 'held') return this.#breakOff();
    this.#refuse(status, detail);
  }

  /** Stops reading from the app until {@link onClientDrain}. Until then the client's side says how long is too long. */
  holdResponse(): void {
    this.#stopped = true;
    this.#upstream?.pause();
  }

  onClientDrain(): void {
    if (this.#phase === 'streaming') this.#progress();
    else if (this.#stopped && this.#phase === 'waiting' && this.#upstream?.state === 'head') this.#waitForApp();
    this.#stopped = false;
    this.#upstream?.resume();
  }

  /** The client will send no more; it may be gone altogether, which shows only when something is sent to it. */
  clientHalfClosed(): void {
    if (this.#phase === 'streaming') this.#progress();
  }

  /** The client's connection is gone. */
  clientGone(): void {
    if (this.#phase === 'ended' || this.#phase === 'free' || this.#phase === 'tunnel') return;
    if (this.status === 0) this.status = clientClosedRequest;
    this.#dropUpstream();
    this.#end();
  }

  onUpstreamConnected(): void {
    this.#search.connected();
    this.#release();
    if (this.#phase === 'waiting') this.#waitForApp();
  }

  onUpstreamDrain(): void {
    this.#client?.resumeRequest();
  }

  onInformational(head: ResponseHead): void {
    const { writer } = this.#context;
    const client = this.#client!;
    this.#waitForApp();
    if (this.request.minorVersion === 0) return;
    writer.reset();
    client.startHead(writer, head.status, head);
    composeResponseFields(writer, head, null, this);
    client.sendInformational(writer);
  }

  onUpgraded(head: ResponseHead, bytes: Buffer, start: number, end: number): void {
    const { writer } = this.#context;
    const client = this.#client!;
    const upstream = this.#upstream!;
    this.#phase = 'tunnel';
    this.#wait(0);
    this.status = 101;
    const webSocket = head.fields.get(fieldId.upgrade)?.toLowerCase() === 'websocket';
    const tunnel = new Tunnel(this.#context, client, upstream, webSocket, () => {
      this.#upstream = null;
      this.responseBytes = client.responseBytes;
      this.#end();
    });
    tunnel.login = this.#visit?.login ?? null;
    upstream.becomeTunnel(tunnel);
    writer.reset();
    client.startHead(writer, 101, head);
    composeResponseFields(writer, head, this.route!.responseChanges, this);
    composeUpgradeFields(writer, head);
    if (this.route!.balancer!.sticky) writer.text(this.#stickyLine());
    if (this.#visit !== null) writer.text(this.#visit.responseLines);
    client.becomeTunnel(writer, tunnel);
    if (start < end) tunnel.onUpstreamBytes(bytes, start, end);
  }

  onResponse(head: ResponseHead, bytes: Buffer, start: number, end: number, ended: boolean): void {
    const { writer } = this.#context;
    const client = this.#client!;
    this.#phase = 'streaming';
    this.status = head.status;
    if (this.#context.recorder !== null) this.answeredAt = Date.now();
    this.responseBytes += end - start;
    if (!this.requestSent) client.closeAfterResponse();
    writer.reset();
    client.startHead(writer, head.status, head);
    composeResponseFields(writer, head, this.route!.responseChanges, this);
    composeSafeFields(writer, head, this.route!.safeFields, client.peer.secure);
    if (this.route!.balancer!.sticky) writer.text(this.#stickyLine());
    if (this.#visit !== null) writer.text(this.#visit.responseLines);
    const plan: BodyPlan = head.framing === 'chunked' || head.framing === 'close' ? 'unknown' : head.framing;
    if (ended) this.#upstream = null;
    else this.#longLived = isLongLived(head.fields);
    const more = client.sendHead(writer, plan, bytes, start, end, ended && this.#trailers === null);
    if (ended) this.#finish();
    else this.#afterPiece(more);
  }

  onResponseBody(bytes: Buffer, start: number, end: number, ended: boolean): void {
    const client = this.#client!;
    this.responseBytes += end - start;
    if (ended) this.#upstream = null;
    const more = client.sendBody(bytes, start, end, ended && this.#trailers === null);
    if (ended) this.#finish();
    else this.#afterPiece(more);
  }

  onTrailers(trailers: FieldTable): void {
    this.#trailers = trailers;
  }

  onUpstreamFailure(cause: UpstreamFailure, anyByte: boolean): void {
    const reused = this.#upstream?.reused === true;
    this.#upstream = null;
    this.#targetFailed(cause, anyByte, reused);
  }

  targetFree(member: Member): void {
    this.#search.waited();
    this.#phase = 'waiting';
    this.#send(member, false);
  }

  guardSettled(visit: Visit, verdict: Verdict): void {
    if (visit !== this.#visit || this.#phase !== 'held') return;
    this.#phase = 'waiting';
    if (verdict !== pass) return this.#refuseVisit(verdict);
    visit.passed++;
    this.#passGuards(visit);
  }

  onDeadline(): void {
    if (this.#search.waiting) return this.#waitedInVain();
    if (this.#phase === 'held')
      return this.#refuse(503, 'It could not be decided in time whether this request may pass.');
    const upstream = this.#upstream;
    if (this.#stopped && upstream !== null && upstream.state !== 'dialing') return;
    if (this.#phase === 'waiting' && upstream !== null) {
      const connecting = upstream.state === 'dialing';
      const { notConnected } = upstream;
      this.#dropUpstream();
      if (connecting) this.#targetFailed(notConnected, false, false);
      else if (this.requestSent) this.#targetFailed(noAnswer, true, false);
      else this.#refuse(408, 'The request body did not arrive in time.');
      return;
    }
    this.#dropUpstream();
    this.#breakOff();
  }

  /** For fields of the response that hold URLs. */
  origins(): Origins {
    const { peer } = this.#client!;
    const view = this.view!;
    const route = this.route!;
    const forwarded = peer.trusted ? forwardingOf(peer, view.host, this.request, this.#context.trustedProxies) : null;
    const scheme = forwarded?.scheme ?? (peer.secure ? 'https' : 'http');
    const publicHost = forwarded?.host ?? view.host;
    return {
      publicOrigin: `${scheme}://${publicHost}`,
      publicHost,
      target: this.#search.member!.endpoint.target,
      prefix: route.request.strippedPrefix,
      secureCookies: route.secureCookies && peer.secure,
    };
  }

  #decide(client: ClientStream): void {
    const { request } = this;
    const { bytes } = request.fields;
    const { table } = this.#context;
    let view = client.hostView;
    if (!isViewOf(view, table, bytes, request.hostStart, request.hostEnd)) {
      view = viewHost(request, table, client.peer);
      client.hostView = view;
    }
    this.view = view;
    const route = destinationOf(request, client.connection, view, this.#context);
    if (route instanceof OwnAnswer) return this.#answerInstead(route);
    this.route = route;
    if (route.guards.length === 0) this.#act(route);
    else this.#visitGuards(view, client.peer);
  }

  #visitGuards(view: HostView, peer: Peer): void {
    const { request } = this;
    let scheme = peer.secure ? 'https' : 'http';
    let { host } = view;
    if (view.forwarding === null) {
      const told = forwardingOf(peer, host, request, this.#context.trustedProxies);
      this.clientAddress = told.clientAddress;
      this.#forwarding = told.lines;
      ({ scheme, host } = told);
    }
    this.#visit = new Visit(
      { request, peer, clientAddress: this.clientAddress, scheme, host, site: view.site!.site.name },
      this,
    );
    this.#passGuards(this.#visit);
  }

  #passGuards(visit: Visit): void {
    const route = this.route!;
    const verdict = askGuards(route.guards, visit);
    if (verdict === pass) return this.#act(route);
    if (verdict !== pending) return this.#refuseVisit(verdict);
    this.#phase = 'held';
    this.#wait(this.#limits.responseTimeout);
  }

  #refuseVisit({ status, detail, lines, body }: Refusal): void {
    if (body === undefined) return this.#refuse(status, detail, lines);
    this.#countRefusal(status, detail);
    const { contentType, bytes } = body;
    this.#answer({ status, reason: '', contentType, body: bytes }, lines);
  }

  /** Sends on what came of the body while the request was held. */
  #release(): void {
    const held = this.#held;
    if (held.empty) return;
    const { ended, trailers } = held;
    const turn = this.#turn;
    const pieces = held.take();
    held.clear();
    let more = true;
    for (const piece of pieces) more = this.#upstream?.sendBody(piece, 0, piece.length) ?? true;
    if (turn !== this.#turn) return;
    if (ended) this.requestEnd(trailers);
    if (more) this.#client?.resumeRequest();
  }

  #act(route: CompiledRoute): void {
    const { action } = route.route;
    if (action.kind === 'redirect') this.#answerInstead(redirect(action.status, action.location));
    else this.#ask();
  }

  /** Finds a target for the request, or a place in the queue for one. */
  #ask(): void {
    const { view, request } = this;
    if (this.#forwarding === null && view!.forwarding === null) {
      const own = forwardingOf(this.#client!.peer, view!.host, request, this.#context.trustedProxies);
      this.clientAddress = own.clientAddress;
      this.#forwarding = own.lines;
    }
    this.#search.begin(this.route!.balancer!);
    this.#seek();
  }

  #seek(): void {
    const member = this.route!.balancer!.choose(this);
    if (member === null) this.#enqueue();
    else this.#send(member, false);
  }

  #enqueue(): void {
    const search = this.#search;
    const balancer = this.route!.balancer!;
    if (search.waitsUntil === 0) search.waitsUntil = this.#context.deadlines.in(balancer.longestWait);
    const refusal = search.wait(this);
    if (refusal !== null) {
      this.upstreamName = balancer.name;
      return this.#upstreamFailed(refusal);
    }
    this.#phase = 'held';
    this.deadline = search.waitsUntil;
  }

  #waitedInVain(): void {
    this.#dropUpstream();
    this.#phase = 'waiting';
    this.upstreamName = this.route!.balancer!.name;
    this.#upstreamFailed(waitedInVain);
  }

  /** Sends the request head to a target, on a new connection if `anew`. */
  #send(member: Member, anew: boolean): void {
    const { request } = this;
    const { writer } = this.#context;
    const { endpoint } = member;
    this.#search.enter(member);
    const upstream = anew ? endpoint.dial() : endpoint.take(!idempotentMethods.has(request.method));
    this.#upstream = upstream;
    this.upstreamName = endpoint.target.name;
    upstream.begin(this);
    const forwarding = (this.#forwarding ?? this.view!.forwarding)!;
    composeRequestHead(writer, request, this.route!.request, forwarding, this.#visit);
    upstream.sendHead(writer, request);
    if (upstream.state === 'dialing') return this.#wait(this.#limits.connectTimeout);
    this.#waitForApp();
    this.#release();
  }

  /** The request has failed at its target: it is sent elsewhere where that does no harm, or waits for its app to be there again. */
  #targetFailed(cause: UpstreamFailure, anyByte: boolean, reused: boolean): void {
    const search = this.#search;
    const { hasBody, method } = this.request;
    const answered = anyByte || this.#phase !== 'waiting';
    const request = { answered, reused, bodiless: !hasBody, idempotent: idempotentMethods.has(method) };
    const next = search.afterFailure(this, cause, request);
    if (next === 'fail') return this.#upstreamFailed(cause);
    if (next === 'again') return this.#send(search.member!, true);
    search.leave();
    // Meanwhile the app may be somewhere else.
    if (next === 'wait') return this.#seek();
    const { log } = this.#context;
    log.warn(`upstream ${this.upstreamName}: ${cause.reason}; asking ${next.endpoint.target.name}`, this.logFacts);
    this.#send(next, false);
  }

  #stickyLine(): string {
    return this.route!.balancer!.stickyLine(this, this.#search.member!, this.#client!.peer.secure);
  }

  #upstreamFailed(cause: UpstreamFailure): void {
    const { counters, log } = this.#context;
    counters.upstreamFailures++;
    log.error(`upstream ${this.upstreamName}: ${cause.reason}`, this.logFacts);
    if (this.#phase === 'waiting') this.#answerError(cause.status, '', cause.status === 503 ? retryAfter : '');
    else this.#breakOff();
  }

  /** Answers with an error that is the client's. `lines` are complete field lines. */
  #refuse(status: number, detail: string, lines = ''): void {
    this.#countRefusal(status, detail);
    this.#answerError(status, detail, lines);
  }

  #countRefusal(status: number, detail: string): void {
    const { counters, log } = this.#context;
    counters.refused++;
    log.info(`refused with ${status}${detail === '' ? '' : `: ${detail}`}`, this.logFacts);
  }

  #answerError(status: number, detail: string, lines = ''): void {
    const page = errorPage(status, detail, this.id, this.request.fields.get(fieldId.accept) ?? '');
    this.#answer(page, ownPageLines + (status === 405 ? allow : lines));
  }

  #answerInstead({ status, page, detail, lines }: OwnAnswer): void {
    if (page === null) this.#refuse(status, detail, lines);
    else this.#answer(page, lines);
  }

  /** Sends a whole response of our own. `lines` are complete field lines. */
  #answer(page: AnswerPage, lines: string): void {
    const { writer } = this.#context;
    const client = this.#client!;
    const body = typeof page.body === 'string' ? Buffer.from(page.body, 'utf8') : page.body;
    this.status = page.status;
    if (this.#held.ended) this.requestSent = true;
    if (!this.requestSent) client.closeAfterResponse();
    writer.reset();
    client.startHead(writer, page.status, null);
    composeOwnFields(writer, page, body.length, lines);
    if (client.peer.secure && page.status !== 421) writer.text(this.view?.site?.hstsLine ?? '');
    if (this.#visit !== null) writer.text(this.#visit.responseLines);
    const sent = this.toHead ? 0 : body.length;
    this.responseBytes = sent;
    client.sendHead(writer, sent === 0 ? 'none' : 'length', body, 0, sent, true);
    this.#finish();
  }

  #afterPiece(more: boolean): void {
    this.#progress();
    if (!more) this.#upstream?.pause();
  }

  #progress(): void {
    const client = this.#client!;
    this.#wait(this.#longLived && !client.halfClosed ? this.#limits.tunnelIdle : this.#limits.bodyIdle);
  }

  /** The app is asked, or being asked. */
  #waitForApp(): void {
    this.#wait(this.requestSent ? this.#limits.responseTimeout : this.#limits.bodyIdle);
  }

  #wait(limit: number): void {
    this.deadline = this.#context.deadlines.in(limit);
  }

  #finish(): void {
    if (this.#trailers !== null) this.#client!.endBody(this.#trailers);
    this.#dropUpstream();
    this.#end();
  }

  /** The response has begun and cannot be completed. */
  #breakOff(): void {
    this.#client?.abort();
    this.#end();
  }

  #dropUpstream(): void {
    const upstream = this.#upstream;
    this.#upstream = null;
    upstream?.abandon();
    this.#search.withdraw(this);
  }

  #end(): void {
    if (this.#phase === 'ended') return;
    this.#phase = 'ended';
    this.deadline = 0;
    this.#visit?.leave();
    this.#search.leave();
    const client = this.#client!;
    this.#context.recorder?.exchange(this);
    this.#client = null;
    client.exchangeEnded();
  }
}
