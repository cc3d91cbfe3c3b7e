import { FieldTable } from '../../wire/http1/field-table.ts';
import type { HeadWriter } from '../../wire/http1/head-writer.ts';
import type { ResponseHead } from '../../wire/http1/response-head.ts';
import { ErrorCode } from '../../wire/http2/errors.ts';
import type { FieldSection } from '../../wire/http2/fields/field-section.ts';
import type { ServerConnection } from '../../wire/http2/server-connection.ts';
import { type Stream, StreamState } from '../../wire/http2/streams/stream.ts';
import type { AcceptedConnection } from '../exchange/accepted-connection.ts';
import type { BodyPlan, ClientStream, ClientTunnel } from '../exchange/client-stream.ts';
import type { Exchange } from '../exchange/exchange.ts';
import type { HostView } from '../exchange/host-view.ts';
import { copyFields, copyTrailers } from '../field-copies.ts';
import type { Peer } from '../filter/forwarding.ts';

/** What a stream needs of its connection. */
export interface StreamHome {
  readonly connection: AcceptedConnection;
  readonly peer: Peer;
  readonly wire: ServerConnection;
  hostView: HostView | null;
  /** There is output. */
  schedule(): void;
  /** Whether apps may be read from: not so much output is waiting that they should not. */
  readonly hasRoom: boolean;
  /** Notes what an app has brought, when it has been sent or kept. */
  pieceSent(size: number): void;
  /** Notes that there is output of an answer. */
  answered(): void;
  /** Notes that so many bytes more (or, negative, less) wait for the windows of a stream. */
  pieceWaits(change: number): void;
  /** No stream's app is read from any more; `onRoom` tells each when it is its turn again. */
  holdAll(): void;
  releaseExchange(exchange: Exchange): void;
}

/** One HTTP/2 stream as the client of its exchange, and afterwards of what is left of its response. */
export class Http2Stream implements ClientStream {
  exchange: Exchange | null;
  responseBytes = 0;
  readonly #home: StreamHome;
  readonly #stream: Stream;
  #tunnel: ClientTunnel | null = null;
  #status = 0;
  /** Its fields are not for any table (RFC 7541 §6.2.3). */
  #secret = false;
  /** What the windows did not let out, and whether it ends the stream. */
  #waiting: Buffer | null = null;
  #waitingIsLast = false;
  #ended = false;
  /** The app is not read from, to be let go by `onRoom`. */
  #holding = false;
  /** Request body octets that were passed on but are not granted again until the app has taken them. */
  #held = 0;
  #paused = false;
  #requestTrailers: FieldTable | null = null;
  /** Those of the response, while a piece before them waits. */
  #trailers: FieldTable | null = null;

  constructor(home: StreamHome, stream: Stream, exchange: Exchange) {
    this.#home = home;
    this.#stream = stream;
    this.exchange = exchange;
  }

  get connection(): AcceptedConnection {
    return this.#home.connection;
  }

  get peer(): Peer {
    return this.#home.peer;
  }

  get hostView(): HostView | null {
    return this.#home.hostView;
  }

  set hostView(view: HostView | null) {
    this.#home.hostView = view;
  }

  /** A stream that is half closed is an ordinary request; that the client is gone, its connection or a reset tells. */
  get halfClosed(): boolean {
    return false;
  }

  // What the exchange asks for.

  startHead(_writer: HeadWriter, status: number, app: ResponseHead | null): void {
    this.#status = status;
    this.#secret = app?.fields.secret === true;
  }

  sendInformational(writer: HeadWriter): void {
    this.#home.wire.informationalLines(this.#stream, this.#status, writer.bytes, 0, writer.length);
    this.#home.schedule();
  }

  sendHead(writer: HeadWriter, plan: BodyPlan, bytes: Buffer, start: number, end: number, last: boolean): boolean {
    const { wire } = this.#home;
    // A head that is all of the answer ends the stream: gRPC reads its status from such a head only.
    const ended = plan === 'none' || (last && start === end);
    wire.respondLines(this.#stream, this.#status, writer.bytes, 0, writer.length, ended, this.#secret);
    if (!ended && start < end) return this.sendBody(bytes, start, end, last);
    this.#ended = ended;
    this.#home.answered();
    return true;
  }

  sendBody(bytes: Buffer, start: number, end: number, last: boolean): boolean {
    if (this.#ended) return true;
    this.responseBytes += end - start;
    if (start === end && !last) return true;
    if (this.#waiting !== null) {
      this.#wait(Buffer.concat([this.#waiting, bytes.subarray(start, end)]));
      this.#waitingIsLast = last;
      this.#home.schedule();
      return false;
    }
    const taken = this.#home.wire.data(this.#stream, bytes, start, end, last);
    const whole = taken === end - start;
    if (!whole) {
      this.#wait(Buffer.from(bytes.subarray(start + taken, end)));
      this.#waitingIsLast = last;
      this.exchange?.holdResponse();
    } else if (last) this.#ended = true;
    this.#home.pieceSent(end - start);
    if (!this.#home.hasRoom) this.#home.holdAll();
    else if (whole) return true;
    return false;
  }

  #wait(piece: Buffer | null): void {
    this.#home.pieceWaits((piece?.length ?? 0) - (this.#waiting?.length ?? 0));
    this.#waiting = piece;
  }

  endBody(trailers: FieldTable): void {
    if (this.#ended) return;
    if (this.#waiting !== null) this.#trailers = copyTrailers(trailers);
    else this.#sendTrailers(trailers);
  }

  becomeTunnel(writer: HeadWriter, tunnel: ClientTunnel): void {
    this.#tunnel = tunnel;
    this.#home.wire.respondLines(this.#stream, 200, writer.bytes, 0, writer.length, false);
    this.#home.schedule();
  }

  pauseRequest(): void {
    this.#paused = true;
  }

  resumeRequest(): void {
    if (!this.#paused) return;
    this.#paused = false;
    const count = this.#held;
    this.#held = 0;
    this.#home.wire.grant(this.#stream, count);
    this.#home.schedule();
  }

  /** Other streams of the connection are not concerned. */
  closeAfterResponse(): void {}

  abort(): void {
    this.#ended = true;
    this.#wait(null);
    this.#home.wire.reset(this.#stream, ErrorCode.INTERNAL_ERROR);
    this.#home.schedule();
  }

  exchangeEnded(): void {
    const exchange = this.exchange!;
    this.exchange = null;
    this.resumeRequest();
    this.#home.releaseExchange(exchange);
  }

  writeTunnel(bytes: Buffer, start: number, end: number): boolean {
    return this.sendBody(bytes, start, end, false);
  }

  endTunnel(): void {
    this.sendBody(noBytes, 0, 0, true);
    this.#tellIfTunnelIsDone();
  }

  destroyTunnel(reset: boolean): void {
    this.#ended = true;
    this.#wait(null);
    this.#home.wire.reset(this.#stream, reset ? ErrorCode.CANCEL : ErrorCode.NO_ERROR);
    this.#home.schedule();
    this.#tunnel?.onClientClosed(reset);
  }

  // What the connection tells.

  onData(bytes: Buffer, start: number, end: number): void {
    if (this.#tunnel !== null) this.#tunnel.onClientBytes(bytes, start, end);
    else if (this.exchange !== null && !this.exchange.requestBody(bytes, start, end)) this.#paused = true;
    if (this.#paused) this.#held += end - start;
    else this.#home.wire.grant(this.#stream, end - start);
  }

  onTrailers(section: FieldSection): void {
    this.#requestTrailers = new FieldTable(section.count);
    copyFields(section, this.#requestTrailers);
  }

  onEnd(): void {
    if (this.#tunnel !== null) {
      this.#tunnel.onClientEnd();
      this.#tellIfTunnelIsDone();
    } else this.exchange?.requestEnd(this.#requestTrailers);
    this.#requestTrailers = null;
  }

  onReset(): void {
    this.#ended = true;
    this.#wait(null);
    if (this.#tunnel !== null) this.#tunnel.onClientClosed(true);
    else this.exchange?.clientGone();
  }

  onWritable(): void {
    const waiting = this.#waiting;
    if (waiting !== null) {
      const taken = this.#home.wire.data(this.#stream, waiting, 0, waiting.length, this.#waitingIsLast);
      if (taken < waiting.length) {
        this.#wait(waiting.subarray(taken));
        return;
      }
      this.#wait(null);
      if (this.#waitingIsLast) this.#ended = true;
      else if (this.exchange === null && this.#tunnel === null && this.#trailers !== null)
        this.#sendTrailers(this.#trailers);
    }
    if (this.#ended) return this.#tellIfTunnelIsDone();
    this.#holding = false;
    if (!this.#home.hasRoom) this.#home.holdAll();
    else this.onRoom();
  }

  /** Stops reading from the app until `onRoom`; false when it was stopped already. */
  holdResponse(): boolean {
    if (this.#holding || this.#ended) return false;
    this.#holding = true;
    this.exchange?.holdResponse();
    return true;
  }

  /** It is this stream's turn to send more. */
  onRoom(): void {
    if (this.#waiting !== null) return;
    this.#holding = false;
    if (this.#tunnel !== null) this.#tunnel.onClientDrain();
    else this.exchange?.onClientDrain();
  }

  /** A tunnel's side is closed once both ends of its stream are: no reset will tell. */
  #tellIfTunnelIsDone(): void {
    if (this.#stream.state === StreamState.CLOSED) this.#tunnel?.onClientClosed(false);
  }

  #sendTrailers(trailers: FieldTable): void {
    this.#ended = true;
    const allowed = copyTrailers(trailers);
    if (allowed.count > 0) this.#home.wire.trailers(this.#stream, allowed);
    else this.#home.wire.data(this.#stream, noBytes, 0, 0, true);
    this.#home.schedule();
  }
}

const noBytes = Buffer.alloc(0);
