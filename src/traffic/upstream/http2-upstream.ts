import { fieldId } from '../../wire/http1/field-names.ts';
import { FieldTable } from '../../wire/http1/field-table.ts';
import type { HeadWriter } from '../../wire/http1/head-writer.ts';
import type { RequestHead } from '../../wire/http1/request-head.ts';
import { type ResponseHead, readResponseHead } from '../../wire/http1/response-head.ts';
import { ErrorCode } from '../../wire/http2/errors.ts';
import type { FieldSection } from '../../wire/http2/fields/field-section.ts';
import { type Stream, StreamState } from '../../wire/http2/streams/stream.ts';
import { copyFields, copyTrailers } from '../field-copies.ts';
import type { Http2RequestHead } from './http2-request-head.ts';
import type { Http2UpstreamConnection } from './http2-upstream-connection.ts';
import type { Upstream, UpstreamClient, UpstreamState, UpstreamTunnel } from './upstream.ts';
import { busy, connectTimeout, type UpstreamFailure, unsupported } from './upstream-failure.ts';

/** What a stream needs of those it shares its target with. */
export interface Http2StreamHome {
  readonly scheme: 'http' | 'https';
  /** Each is filled and used up within one call. */
  readonly requestHead: Http2RequestHead;
  readonly responseHead: ResponseHead;
  readonly upgradeHead: ResponseHead;
  /** Some connection has been made. */
  readonly connected: boolean;
  /** Calls `open`, at once or when a connection has room. */
  send(upstream: Http2Upstream): void;
  /** `upstream` waits no longer. */
  withdraw(upstream: Http2Upstream): void;
}

/**
 * One request to an app that speaks HTTP/2: it waits for room on a connection, then it is a stream there.
 *
 * ```
 * dialing --room--> head --response head--> body --both ends--> closed
 *    |               |  '--2xx to an extended CONNECT--> tunnel --both ends--> closed
 *    '--- failure ---'--- reset by either side ------------------------------> closed
 * ```
 */
export class Http2Upstream implements Upstream {
  state: UpstreamState = 'dialing';
  reused = false;
  readonly #home: Http2StreamHome;
  #head: Http2RequestHead | null = null;
  #client: UpstreamClient | null = null;
  #tunnel: UpstreamTunnel | null = null;
  #connection: Http2UpstreamConnection | null = null;
  #stream: Stream | null = null;
  /** Request octets that no window has let out. */
  #waiting: Buffer[] = [];
  /** No more octets will be handed over; the stream is ended when those waiting have gone. */
  #ending = false;
  #ended = false;
  #trailers: FieldTable | null = null;
  /** Octets still to come of a body whose length was announced, so that the last of them ends the stream; -1 when it was not. */
  #remaining = -1;
  #protocol = '';
  #webSocketAccept = '';
  /** Response octets that are not granted again until the client has taken them. */
  #held = 0;
  #paused = false;
  #anyByte = false;

  constructor(home: Http2StreamHome) {
    this.#home = home;
  }

  get notConnected(): UpstreamFailure {
    return this.#home.connected ? noRoom : connectTimeout;
  }

  // What the exchange asks for.

  begin(client: UpstreamClient): void {
    this.#client = client;
  }

  sendHead(writer: HeadWriter, request: RequestHead): void {
    const head = this.#home.requestHead;
    head.read(writer, request, this.#home.scheme);
    this.#head = head;
    this.#remaining = request.contentLength;
    this.#home.send(this);
    if (this.state === 'dialing') this.#head = head.kept();
  }

  sendBody(bytes: Buffer, start: number, end: number): boolean {
    const stream = this.#stream;
    if (this.#remaining >= 0) this.#remaining -= end - start;
    if (stream === null || this.#waiting.length > 0) {
      if (this.state !== 'closed') this.#waiting.push(Buffer.from(bytes.subarray(start, end)));
      return false;
    }
    const last = this.#remaining === 0;
    const connection = this.#connection!;
    const taken = connection.wire.data(stream, bytes, start, end, last);
    connection.schedule();
    if (taken < end - start) {
      this.#waiting.push(Buffer.from(bytes.subarray(start + taken, end)));
      return false;
    }
    if (last) this.#ended = true;
    return true;
  }

  endBody(trailers: FieldTable | null): void {
    this.#ending = true;
    if (trailers !== null && trailers.count > 0) this.#trailers = copyTrailers(trailers);
    this.#pump();
  }

  abandon(): void {
    this.#client = null;
    if (this.state === 'dialing') this.#home.withdraw(this);
    this.#close();
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    const count = this.#held;
    this.#held = 0;
    if (this.#stream === null) return;
    this.#connection!.wire.grant(this.#stream, count);
    this.#connection!.schedule();
  }

  becomeTunnel(tunnel: UpstreamTunnel): void {
    this.state = 'tunnel';
    this.#client = null;
    this.#tunnel = tunnel;
  }

  writeTunnel(bytes: Buffer, start: number, end: number): boolean {
    return this.#ending || this.sendBody(bytes, start, end);
  }

  endTunnel(): void {
    if (this.#ending) return;
    this.endBody(null);
    this.#endIfDone();
  }

  reset(): void {
    this.#tunnelClosed(true);
    this.#close();
  }

  // What its home and its connection tell.

  /** Sends the request on a connection that has room. */
  open(connection: Http2UpstreamConnection): void {
    const head = this.#head!;
    const { wire } = connection;
    this.#head = null;
    if (head.protocol !== '' && !wire.allowsExtendedConnect) return this.failLater(noWebSockets);
    const stream = wire.requestLines(head, head.bytes, head.fieldsStart, head.fieldsEnd, head.whole);
    if (stream === null) return this.failLater(headTooLarge);
    stream.exchange = this;
    this.#stream = stream;
    this.#connection = connection;
    this.#protocol = head.protocol;
    this.#webSocketAccept = head.webSocketAccept;
    this.#ended = head.whole;
    this.reused = connection.used;
    this.state = 'head';
    connection.used = true;
    connection.schedule();
  }

  /** As `open`, for a request that had to wait. */
  openLate(connection: Http2UpstreamConnection): void {
    this.open(connection);
    if (this.#stream === null) return;
    this.#client?.onUpstreamConnected();
    this.onWritable();
  }

  /** Fails when the caller is done: nobody expects a failure while a request is being sent. */
  failLater(cause: UpstreamFailure): void {
    setImmediate(() => this.fail(cause));
  }

  fail(cause: UpstreamFailure): void {
    const client = this.#client;
    this.#client = null;
    this.#tunnelClosed(true);
    this.#close();
    client?.onUpstreamFailure(cause, this.#anyByte);
  }

  onInformational(status: number, section: FieldSection): void {
    this.#anyByte = true;
    this.#client?.onInformational(this.#fill(status, section, false));
  }

  onResponse(status: number, section: FieldSection, ended: boolean): void {
    const client = this.#client;
    if (client === null) return;
    this.#anyByte = true;
    if (this.#stream?.isTunnel && !ended) return this.#upgraded(client, section);
    this.state = 'body';
    const head = this.#fill(status, section, client.toHead);
    if (ended) this.#finish();
    client.onResponse(head, noBytes, 0, 0, ended);
  }

  onData(bytes: Buffer, start: number, end: number): void {
    if (this.#tunnel !== null) this.#tunnel.onUpstreamBytes(bytes, start, end);
    else this.#client?.onResponseBody(bytes, start, end, false);
    if (this.#paused) this.#held += end - start;
    else if (this.#stream !== null) this.#connection!.wire.grant(this.#stream, end - start);
  }

  onTrailers(section: FieldSection): void {
    const trailers = new FieldTable(section.count);
    copyFields(section, trailers);
    this.#client?.onTrailers(trailers);
  }

  onEnd(): void {
    if (this.#tunnel !== null) {
      this.#tunnel.onUpstreamEnd();
      return this.#endIfDone();
    }
    const client = this.#client;
    if (client === null) return;
    this.#finish();
    client.onResponseBody(noBytes, 0, 0, true);
  }

  onWritable(): void {
    if (!this.#pump()) return;
    if (this.#tunnel === null) this.#client?.onUpstreamDrain();
    else {
      this.#tunnel.onUpstreamDrain();
      this.#endIfDone();
    }
  }

  /** Sends what waits. Returns whether all of it has gone. */
  #pump(): boolean {
    const stream = this.#stream;
    if (stream === null) return false;
    const connection = this.#connection!;
    const { wire } = connection;
    connection.schedule();
    while (this.#waiting.length > 0) {
      const piece = this.#waiting[0]!;
      const last = this.#waiting.length === 1 && this.#remaining === 0;
      const taken = wire.data(stream, piece, 0, piece.length, last);
      if (taken < piece.length) {
        this.#waiting[0] = piece.subarray(taken);
        return false;
      }
      this.#waiting.shift();
      if (last) this.#ended = true;
    }
    if (this.#ending && !this.#ended) {
      this.#ended = true;
      if (this.#trailers === null || this.#trailers.count === 0) wire.data(stream, noBytes, 0, 0, true);
      else wire.trailers(stream, this.#trailers);
    }
    return true;
  }

  #fill(status: number, section: FieldSection, toHead: boolean): ResponseHead {
    const head = this.#home.responseHead;
    copyFields(section, head.fields);
    head.status = status;
    head.contentLength = section.contentLength;
    const bodiless = toHead || status < 200 || status === 204 || status === 304;
    // Where an HTTP/1.1 app would say where the body ends and this one does not, that is for the client's side to do.
    head.hasVia = head.fields.find(fieldId.via) >= 0;
    if (bodiless) head.framing = 'none';
    else head.framing = section.contentLength >= 0 ? 'length' : 'chunked';
    return head;
  }

  /** Answers an extended CONNECT in the form in which HTTP/1.1 switches protocols (RFC 8441 §5). */
  #upgraded(client: UpstreamClient, section: FieldSection): void {
    const accept = this.#webSocketAccept === '' ? '' : `sec-websocket-accept: ${this.#webSocketAccept}\r\n`;
    const lines = section.bytes.toString('latin1', section.fieldsStart, section.end);
    const text = `HTTP/1.1 101 Switching Protocols\r\n${lines}${accept}upgrade: ${this.#protocol}\r\n\r\n`;
    const bytes = Buffer.from(text, 'latin1');
    const head = this.#home.upgradeHead;
    if (readResponseHead(bytes, 0, bytes.length, false, head) !== bytes.length) return this.fail(headTooLarge);
    client.onUpgraded(head, bytes, bytes.length, bytes.length);
  }

  /** The response is whole. An app that has answered does not want the rest of the request. */
  #finish(): void {
    this.#client = null;
    this.#close();
  }

  #close(): void {
    if (this.state === 'closed') return;
    this.state = 'closed';
    this.#waiting = [];
    const stream = this.#stream;
    const connection = this.#connection;
    this.#stream = null;
    if (stream === null || connection === null) return;
    stream.exchange = null;
    connection.wire.reset(stream, ErrorCode.CANCEL);
    connection.streamClosed();
  }

  #endIfDone(): void {
    if (this.#stream === null || this.#stream.state !== StreamState.CLOSED) return;
    this.#tunnelClosed(false);
    this.#close();
  }

  /** Told when the caller, which may be the tunnel, is done. */
  #tunnelClosed(reset: boolean): void {
    const tunnel = this.#tunnel;
    this.#tunnel = null;
    if (tunnel !== null) setImmediate(() => tunnel.onUpstreamClosed(reset));
  }
}

const noBytes = Buffer.alloc(0);

const noRoom = busy('no room on any HTTP/2 connection within limits.connectTimeout');
const headTooLarge = unsupported('the head is too large for HTTP/2');
const noWebSockets = unsupported(
  'the app takes no WebSockets over HTTP/2 (RFC 8441); give their route a target that begins with http:// or https://',
);
