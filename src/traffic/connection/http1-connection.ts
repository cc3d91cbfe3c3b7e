import type { Socket } from 'node:net';
import { ChunkedDecoder } from '../../wire/http1/chunked-decoder.ts';
import type { FieldTable } from '../../wire/http1/field-table.ts';
import type { HeadWriter } from '../../wire/http1/head-writer.ts';
import { CR, LF } from '../../wire/http1/octets.ts';
import { failure, failureStatus, failureTexts, needMore } from '../../wire/http1/outcome.ts';
import { readRequestHead } from '../../wire/http1/request-head.ts';
import type { ResponseHead } from '../../wire/http1/response-head.ts';
import { composeChunk, lastChunk, writeLastChunk } from '../chunks.ts';
import type { Deadlined } from '../deadlines.ts';
import type { AcceptedConnection } from '../exchange/accepted-connection.ts';
import { errorPage, reasonPhrase } from '../exchange/answer-page.ts';
import type { BodyPlan, ClientStream, ClientTunnel } from '../exchange/client-stream.ts';
import type { Exchange } from '../exchange/exchange.ts';
import type { HostView } from '../exchange/host-view.ts';
import { nextRequestId } from '../exchange/request-id.ts';
import { dateField } from '../filter/date-field.ts';
import type { Peer } from '../filter/forwarding.ts';
import { onData } from '../socket-reader.ts';
import { SocketWriter, type SocketWriterOwner } from '../socket-writer.ts';
import type { ClientConnection, ConnectionHome } from './connection-home.ts';

/** How long a client may go on sending what nobody reads before its connection is cut. */
const lingerTime = 2_000;
/** Requests in one packet may be many; bytes held for later are few. */
const mostHeldBytes = 64 * 1024;

/**
 * ```
 * idle --first byte--> head --whole head--> exchange --response sent--> idle
 *   |                    |                     |  |--101--> tunnel --> closed
 *   |                    |                     |  '--close wanted--> lingering --peer ends or time--> closed
 *   '------ closed <-----'--bad head: 400--> lingering
 * ```
 */
type State = 'idle' | 'head' | 'exchange' | 'tunnel' | 'lingering' | 'closed';

/** What is expected of the request body. */
const body = { none: 0, length: 1, chunked: 2 } as const;

const noBytes = Buffer.alloc(0);

/** One client connection that speaks HTTP/1.1: reads requests one after the other, and is their exchange's client. */
export class Http1Connection implements ClientStream, ClientConnection, SocketWriterOwner, Deadlined {
  readonly connection: AcceptedConnection;
  readonly peer: Peer;
  hostView: HostView | null = null;
  deadline = 0;
  halfClosed = false;
  readonly #home: ConnectionHome;
  readonly #socket: Socket;
  readonly #writer: SocketWriter;
  #state: State = 'idle';
  #exchange: Exchange | null = null;
  #tunnel: ClientTunnel | null = null;
  /** Bytes read and not yet used: `#input[#position…]`. */
  #input: Buffer = noBytes;
  #position = 0;
  #pumping = false;
  #paused = false;
  #body: number = body.none;
  #remaining = 0;
  #decoder: ChunkedDecoder | null = null;
  /** The response goes out in chunks. */
  #chunked = false;
  #endsByClosing = false;
  #keepAlive = true;
  #closing = false;
  #hasAnswered = false;

  constructor(connection: AcceptedConnection, peer: Peer, home: ConnectionHome) {
    this.connection = connection;
    this.peer = peer;
    this.#home = home;
    this.#socket = connection.socket;
    this.#writer = new SocketWriter(connection.socket, this, connection.secure, false);
    this.deadline = home.context.deadlines.in(home.context.limits.headTimeout);
    onData(connection.socket, (chunk) => this.#receive(chunk));
    connection.socket.on('end', () => this.#peerEnded());
    connection.socket.on('close', (hadError: boolean) => this.#socketClosed(hadError));
    home.context.deadlines.add(this);
  }

  get responseBytes(): number {
    return this.#writer.bytesWritten;
  }

  drain(patience: number, next = false): void {
    this.#closing = true;
    if (this.#state !== 'idle' && this.#state !== 'head') return;
    const isAwaited = this.#state === 'head' || !this.#hasAnswered || next;
    if (patience === 0 || !isAwaited) return this.#linger();
    const limit = this.#home.context.deadlines.in(patience);
    this.deadline = this.deadline === 0 ? limit : Math.min(this.deadline, limit);
  }

  kill(): void {
    this.connection.raw.resetAndDestroy();
  }

  onDeadline(): void {
    switch (this.#state) {
      case 'idle':
        this.#linger();
        break;
      case 'head':
        this.#answerUnread(408, 'The request head did not arrive in time.');
        break;
      default:
        this.#socket.destroy();
    }
  }

  // What the exchange asks for.

  startHead(writer: HeadWriter, status: number, app: ResponseHead | null): void {
    writer.text('HTTP/1.1 ');
    if (app === null || app.majorVersion === 2) writer.text(`${status} ${reasonPhrase(status)}`);
    else writer.copy(app.fields.bytes, app.statusStart, app.reasonEnd);
    writer.text('\r\n');
  }

  sendInformational(writer: HeadWriter): void {
    writer.text('\r\n');
    this.#writer.writeHead(writer);
  }

  sendHead(writer: HeadWriter, plan: BodyPlan, bytes: Buffer, start: number, end: number, last: boolean): boolean {
    const { request } = this.#exchange!;
    this.#chunked = plan === 'unknown' && request.minorVersion === 1;
    if (this.#chunked) writer.text('Transfer-Encoding: chunked\r\n');
    this.#endsByClosing = plan === 'unknown' && !this.#chunked;
    if (this.#endsByClosing) this.#closing = true;
    this.#keepAlive = request.keepAlive && !this.#closing;
    if (!this.#keepAlive) writer.text('Connection: close\r\n');
    else if (request.minorVersion === 0) writer.text('Connection: keep-alive\r\n');
    writer.text('\r\n');
    this.#composeBody(writer, bytes, start, end, last);
    return this.#writer.writeHead(writer);
  }

  sendBody(bytes: Buffer, start: number, end: number, last: boolean): boolean {
    if (!this.#chunked) return this.#writer.write(bytes, start, end, true);
    const { writer } = this.#home.context;
    writer.reset();
    this.#composeBody(writer, bytes, start, end, last);
    return writer.length === 0 || this.#writer.writeHead(writer);
  }

  #composeBody(writer: HeadWriter, bytes: Buffer, start: number, end: number, last: boolean): void {
    if (!this.#chunked) return writer.copy(bytes, start, end);
    if (start < end) composeChunk(writer, bytes, start, end);
    if (last) writer.line(lastChunk);
  }

  endBody(trailers: FieldTable): void {
    if (this.#chunked) writeLastChunk(this.#writer, trailers);
  }

  becomeTunnel(writer: HeadWriter, tunnel: ClientTunnel): void {
    this.#state = 'tunnel';
    this.#tunnel = tunnel;
    writer.text('\r\n');
    this.#writer.writeHead(writer);
    const early = this.#input;
    const from = this.#position;
    this.#input = noBytes;
    this.#position = 0;
    if (from < early.length) tunnel.onClientBytes(early, from, early.length);
    if (this.halfClosed) tunnel.onClientEnd();
    this.resumeRequest();
  }

  pauseRequest(): void {
    if (this.#paused) return;
    this.#paused = true;
    this.#socket.pause();
  }

  resumeRequest(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.#socket.resume();
  }

  closeAfterResponse(): void {
    this.#closing = true;
  }

  /** A length or a missing last chunk shows that something is missing; where the end of the stream is the end of the body, only a reset does. */
  abort(): void {
    if (this.#endsByClosing) {
      this.#state = 'closed';
      this.connection.raw.resetAndDestroy();
    } else {
      this.#linger();
    }
  }

  exchangeEnded(): void {
    const exchange = this.#exchange!;
    this.#exchange = null;
    this.#home.releaseExchange(exchange);
    if (this.#state !== 'exchange') return;
    if (!this.#keepAlive || this.#closing || this.#body !== body.none) return this.#linger();
    this.#state = 'idle';
    this.#hasAnswered = true;
    this.deadline = this.#home.context.deadlines.in(this.#home.context.limits.keepAlive);
    this.resumeRequest();
    this.#pump();
  }

  writeTunnel(bytes: Buffer, start: number, end: number): boolean {
    return this.#writer.write(bytes, start, end, true);
  }

  endTunnel(): void {
    this.#writer.end();
  }

  destroyTunnel(reset: boolean): void {
    if (reset) this.connection.raw.resetAndDestroy();
    else this.#socket.destroy();
  }

  // What the writer tells.

  onDrain(): void {
    if (this.#tunnel !== null) this.#tunnel.onClientDrain();
    else if (this.#state === 'exchange') this.#exchange?.onClientDrain();
    else if (this.#state === 'idle' || this.#state === 'head') {
      this.resumeRequest();
      this.#pump();
    }
  }

  onWriteError(): void {
    this.#socket.destroy();
  }

  // What the socket tells.

  #receive(chunk: Buffer): void {
    switch (this.#state) {
      case 'idle':
        if (this.#position < this.#input.length) this.#append(chunk);
        else {
          this.#input = chunk;
          this.#position = 0;
        }
        this.#pump();
        break;
      case 'head':
        this.#append(chunk);
        // Without a line end the head cannot have become complete: no second look, however small the pieces.
        if (chunk.includes(LF) || this.#input.length >= this.#home.context.limits.headBytes) this.#pump();
        break;
      case 'exchange':
        if (this.#body !== body.none) this.#receiveBody(chunk, 0);
        else this.#hold(chunk);
        break;
      case 'tunnel':
        this.#tunnel!.onClientBytes(chunk, 0, chunk.length);
        break;
      default:
    }
  }

  #append(chunk: Buffer): void {
    this.#input = Buffer.concat([this.#input.subarray(this.#position), chunk]);
    this.#position = 0;
  }

  /** Keeps what came before its time: the next request, or the first bytes of a tunnel. */
  #hold(chunk: Buffer): void {
    this.#append(chunk);
    if (this.#input.length >= mostHeldBytes) this.pauseRequest();
  }

  /**
   * Reads requests from the input until it is used up or an exchange has to be waited for; none is begun for a client
   * that does not take the answers to the earlier ones.
   */
  #pump(): void {
    if (this.#pumping) return;
    this.#pumping = true;
    let full = false;
    while ((this.#state === 'idle' || this.#state === 'head') && this.#position < this.#input.length) {
      full = this.#writer.full();
      if (full) this.pauseRequest();
      if (full || !this.#readHead()) break;
    }
    this.#pumping = false;
    if (this.halfClosed && !full && (this.#state === 'idle' || this.#state === 'head')) this.#linger();
  }

  /** Returns false when more bytes are needed. */
  #readHead(): boolean {
    const { limits, deadlines } = this.#home.context;
    if (this.#state === 'idle' && this.#isEmptyLine()) {
      this.#position += 2;
      return false;
    }
    this.#exchange ??= this.#home.takeExchange();
    const exchange = this.#exchange;
    const outcome = readRequestHead(this.#input, this.#position, this.#input.length, exchange.request);
    const length = (outcome > 0 ? outcome : this.#input.length) - this.#position;
    if (outcome < 0) {
      this.#answerUnread(failureStatus(outcome), failureTexts[outcome]!);
      return true;
    }
    if (length > limits.headBytes && limits.headBytes > 0) {
      const lineEnd = this.#input.indexOf(LF, this.#position);
      const inTarget = lineEnd < 0 || lineEnd - this.#position >= limits.headBytes;
      const code = inTarget ? failure.targetTooLong : failure.headTooLarge;
      this.#answerUnread(failureStatus(code), failureTexts[code]!);
      return true;
    }
    if (outcome === needMore) {
      if (this.#state === 'idle' && !this.#closing) this.deadline = deadlines.in(limits.headTimeout);
      this.#state = 'head';
      return false;
    }
    this.#state = 'exchange';
    this.deadline = 0;
    this.#position = outcome;
    this.#begin(exchange);
    return true;
  }

  /** Some clients send one behind a body; it begins no request (RFC 9112 §2.2). */
  #isEmptyLine(): boolean {
    const [input, at] = [this.#input, this.#position];
    return input.length === at + 2 && input[at] === CR && input[at + 1] === LF;
  }

  #begin(exchange: Exchange): void {
    const { request } = exchange;
    if (!request.hasBody) {
      this.#body = body.none;
      exchange.begin(this);
      return;
    }
    this.#expectBody(exchange);
    exchange.begin(this);
    if (this.#state !== 'exchange' || this.#exchange !== exchange) return;
    if (this.#position < this.#input.length) {
      const input = this.#input;
      const from = this.#position;
      this.#input = noBytes;
      this.#position = 0;
      this.#receiveBody(input, from);
    }
  }

  #expectBody(exchange: Exchange): void {
    const { request } = exchange;
    if (request.chunked) {
      const { limits } = this.#home.context;
      this.#body = body.chunked;
      if (this.#decoder === null) this.#decoder = new ChunkedDecoder(limits.headFields, limits.headBytes);
      else this.#decoder.reset();
    } else {
      this.#body = body.length;
      this.#remaining = request.contentLength;
    }
  }

  /** Passes body bytes on; what follows the body is kept for later. */
  #receiveBody(chunk: Buffer, start: number): void {
    const exchange = this.#exchange!;
    let bodyEnd: number;
    let next = chunk.length;
    let ended: boolean;
    if (this.#body === body.length) {
      bodyEnd = Math.min(chunk.length, start + this.#remaining);
      this.#remaining -= bodyEnd - start;
      ended = this.#remaining === 0;
      next = bodyEnd;
    } else {
      const decoder = this.#decoder!;
      const outcome = decoder.decode(chunk, start, chunk.length);
      if (outcome < 0) {
        this.#closing = true;
        exchange.requestFailed(failureStatus(outcome), failureTexts[outcome]!);
        return;
      }
      bodyEnd = decoder.dataEnd;
      ended = decoder.done;
      if (ended) next = outcome;
    }
    if (ended) this.#body = body.none;
    if (start < bodyEnd && !exchange.requestBody(chunk, start, bodyEnd)) this.pauseRequest();
    if (!ended || this.#exchange !== exchange) return;
    if (next < chunk.length) {
      this.#input = chunk;
      this.#position = next;
    }
    exchange.requestEnd(this.#decoder !== null && exchange.request.chunked ? this.#decoder.trailers : null);
  }

  #peerEnded(): void {
    this.halfClosed = true;
    switch (this.#state) {
      case 'tunnel':
        this.#tunnel!.onClientEnd();
        break;
      case 'exchange':
        // A client that has closed its sending side behind a whole request still wants the answer.
        if (this.#body !== body.none) this.#socket.destroy();
        else this.#exchange?.clientHalfClosed();
        break;
      case 'idle':
        if (this.#position === this.#input.length) this.#linger();
        break;
      default:
        this.#writer.end();
    }
  }

  #socketClosed(hadError: boolean): void {
    const { context } = this.#home;
    context.deadlines.remove(this);
    this.deadline = 0;
    const { tunnel, exchange } = { tunnel: this.#tunnel, exchange: this.#exchange };
    this.#state = 'closed';
    if (tunnel !== null) tunnel.onClientClosed(hadError);
    else if (exchange?.client === this) exchange.clientGone();
    else if (exchange !== null) {
      this.#exchange = null;
      this.#home.releaseExchange(exchange);
    }
    this.#home.connectionClosed(this);
  }

  /** Closes after what has been written: reads on for a while, because a reset would take the answer away from the peer. */
  #linger(): void {
    this.#state = 'lingering';
    this.#input = noBytes;
    this.#position = 0;
    const { deadlines, limits } = this.#home.context;
    if (this.#writer.idle) {
      this.deadline = deadlines.in(lingerTime);
    } else {
      this.deadline = deadlines.in(limits.bodyIdle);
      this.#socket.once('finish', () => {
        if (this.#state === 'lingering') this.deadline = deadlines.in(lingerTime);
      });
    }
    this.#writer.end();
    this.resumeRequest();
  }

  /** Answers a request that could not be read, and closes. */
  #answerUnread(status: number, detail: string): void {
    const { context } = this.#home;
    const id = nextRequestId();
    context.counters.requests++;
    context.counters.refused++;
    context.log.info(`refused with ${status}: ${detail}`, { request: id, client: this.peer.address });
    const page = errorPage(status, detail, id, '');
    const length = Buffer.byteLength(page.body);
    context.recorder?.unread(this.connection, status, id, length);
    const { writer } = context;
    writer.reset();
    this.startHead(writer, status, null);
    writer.line(dateField());
    writer.text(`Content-Type: ${page.contentType}\r\nContent-Length: ${length}\r\nConnection: close\r\n\r\n`);
    writer.copy(Buffer.from(page.body, 'utf8'), 0, length);
    this.#writer.writeHead(writer);
    this.#linger();
  }
}
