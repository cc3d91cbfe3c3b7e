import type { Socket } from 'node:net';
import { describeError } from '../../model/errors.ts';
import type { Target } from '../../model/site.ts';
import type { NameAddresses } from '../../model/target-news.ts';
import { ChunkedDecoder } from '../../wire/http1/chunked-decoder.ts';
import type { FieldTable } from '../../wire/http1/field-table.ts';
import type { HeadWriter } from '../../wire/http1/head-writer.ts';
import { failure, failureTexts, needMore } from '../../wire/http1/outcome.ts';
import type { RequestHead } from '../../wire/http1/request-head.ts';
import { type ResponseFraming, type ResponseHead, readResponseHead } from '../../wire/http1/response-head.ts';
import { writeChunk, writeLastChunk } from '../chunks.ts';
import { SocketWriter, type SocketWriterOwner } from '../socket-writer.ts';
import { dial } from './dial.ts';
import type { Upstream, UpstreamClient, UpstreamState, UpstreamTunnel } from './upstream.ts';
import { closedEarly, connectTimeout, malformed, type UpstreamFailure, unreachable } from './upstream-failure.ts';

/** Where connections go that can be used again, and what all of a worker's connections share. */
export interface UpstreamHome {
  /** Filled and used up within one read. */
  readonly responseHead: ResponseHead;
  readonly mostHeadBytes: number;
  readonly mostFields: number;
  /** What the target's name stands for, and how often that has changed; see {@link dial}. */
  readonly addresses: NameAddresses | null;
  readonly generation: number;
  release(connection: Http1Upstream): void;
  /** It cannot be used any more. */
  forget(connection: Http1Upstream): void;
}

/**
 * One HTTP/1.1 connection to an app.
 *
 * ```
 * dialing --connected--> head --response head--> body --end, both sides clean--> idle --begin--> head …
 *    |                    |  '--101--> tunnel                '--anything else--> closed
 *    '------ failure -----'------------------------------------------------------^
 * ```
 */
export class Http1Upstream implements Upstream, SocketWriterOwner {
  readonly target: Target;
  readonly socket: Socket;
  readonly writer: SocketWriter;
  /** Of the addresses it was made to. */
  readonly generation: number;
  state: UpstreamState = 'dialing';
  /** It has carried an exchange before: it may have died unnoticed. */
  reused = false;
  readonly notConnected: UpstreamFailure = connectTimeout;
  /** When it became idle, and how long the app keeps it (milliseconds of the worker's coarse clock). */
  idleSince = 0;
  keptFor = 0;
  /** What the app last said in `Keep-Alive: timeout=`; -1 when it did not. */
  promisedSeconds = -1;
  readonly #home: UpstreamHome;
  #client: UpstreamClient | null = null;
  #tunnel: UpstreamTunnel | null = null;
  #framing: ResponseFraming = 'none';
  #remaining = 0;
  #decoder: ChunkedDecoder | null = null;
  /** An incomplete response head. */
  #partial: Buffer | null = null;
  #anyByte = false;
  #keepAlive = false;
  #chunkedRequest = false;
  #failedBecause: string | null = null;

  constructor(target: Target, home: UpstreamHome) {
    this.target = target;
    this.#home = home;
    this.generation = home.generation;
    const { socket, readyEvent } = dial(target, home.addresses, (count, bytes) => this.#receive(bytes, 0, count));
    this.socket = socket;
    this.writer = new SocketWriter(socket, this, target.kind === 'tcp' && target.tls !== null, true);
    socket.once(readyEvent, () => this.#connected());
    socket.on('end', () => this.#ended());
    socket.on('error', (error) => {
      this.#failedBecause = describeError(error);
    });
    socket.on('close', (hadError) => this.#closed(hadError));
  }

  /** Takes the connection for one exchange. */
  begin(client: UpstreamClient): void {
    this.#client = client;
    this.#anyByte = false;
    this.#partial = null;
    if (this.state === 'idle') this.state = 'head';
  }

  /** Sends the composed request head; the body, if any, follows by {@link sendBody}. */
  sendHead(writer: HeadWriter, request: RequestHead): void {
    this.#chunkedRequest = request.chunked;
    this.writer.writeHead(writer);
  }

  /** Returns false when the client should pause until `onUpstreamDrain`. */
  sendBody(bytes: Buffer, start: number, end: number): boolean {
    if (this.#chunkedRequest) return writeChunk(this.writer, bytes, start, end);
    return this.writer.write(bytes, start, end, false);
  }

  endBody(trailers: FieldTable | null): void {
    if (this.#chunkedRequest) writeLastChunk(this.writer, trailers);
  }

  /** Ends the exchange from the client's side: the connection cannot be used again. */
  abandon(): void {
    this.#client = null;
    this.destroy();
  }

  pause(): void {
    this.socket.pause();
  }

  resume(): void {
    this.socket.resume();
  }

  /** Hands the connection over to a tunnel. */
  becomeTunnel(tunnel: UpstreamTunnel): void {
    this.state = 'tunnel';
    this.#client = null;
    this.#tunnel = tunnel;
  }

  writeTunnel(bytes: Buffer, start: number, end: number): boolean {
    return this.writer.write(bytes, start, end, false);
  }

  endTunnel(): void {
    this.writer.end();
  }

  destroy(): void {
    if (this.state === 'closed') return;
    this.state = 'closed';
    this.#home.forget(this);
    this.socket.destroy();
  }

  /** Ends the connection with a reset, so that the app sees that something broke. */
  reset(): void {
    if (this.target.kind === 'tcp' && this.target.tls === null) this.socket.resetAndDestroy();
    else this.socket.destroy();
  }

  onDrain(): void {
    if (this.#tunnel !== null) this.#tunnel.onUpstreamDrain();
    else this.#client?.onUpstreamDrain();
  }

  /** The app may have answered before it stopped reading: its answer, or the end of the connection, comes by itself. */
  onWriteError(error: Error): void {
    this.#failedBecause ??= describeError(error);
    this.#keepAlive = false;
  }

  #connected(): void {
    if (this.state !== 'dialing') return;
    this.state = this.#client === null ? 'idle' : 'head';
    this.#client?.onUpstreamConnected();
    this.writer.uncork();
  }

  #receive(bytes: Buffer, start: number, end: number): void {
    switch (this.state) {
      case 'head':
        this.#receiveHead(bytes, start, end);
        break;
      case 'body':
        this.#receiveBody(bytes, start, end);
        break;
      case 'tunnel':
        this.#tunnel?.onUpstreamBytes(bytes, start, end);
        break;
      default:
        // Nothing was asked: whatever this is, it must never be taken for the answer to the next request.
        this.destroy();
    }
  }

  #receiveHead(read: Buffer, readStart: number, readEnd: number): void {
    let bytes = read;
    let start = readStart;
    let end = readEnd;
    this.#anyByte = true;
    if (this.#partial !== null) {
      bytes = Buffer.concat([this.#partial, read.subarray(readStart, readEnd)]);
      start = 0;
      end = bytes.length;
      this.#partial = null;
    }
    const client = this.#client!;
    const head = this.#home.responseHead;
    for (;;) {
      const outcome = readResponseHead(bytes, start, end, client.toHead, head);
      if (outcome < 0) return this.#fail(malformed(failureTexts[outcome] ?? 'malformed response'));
      if (outcome === needMore) {
        if (this.#home.mostHeadBytes > 0 && end - start >= this.#home.mostHeadBytes)
          this.#fail(malformed(failureTexts[failure.headTooLarge]!));
        else if (end > start) this.#partial = Buffer.from(bytes.subarray(start, end));
        return;
      }
      start = outcome;
      if (head.status === 101) return this.#upgrade(head, bytes, start, end);
      if (head.status >= 200) break;
      client.onInformational(head);
      if (this.#client !== client || start === end) return;
    }
    this.#receiveFinal(head, bytes, start, end);
  }

  #upgrade(head: ResponseHead, bytes: Buffer, start: number, end: number): void {
    const client = this.#client!;
    if (client.offersUpgrade) client.onUpgraded(head, bytes, start, end);
    else this.#fail(malformed(failureTexts[failure.unexpectedUpgrade]!));
  }

  #receiveFinal(head: ResponseHead, bytes: Buffer, start: number, end: number): void {
    const client = this.#client!;
    this.state = 'body';
    this.#framing = head.framing;
    this.#keepAlive = head.keepAlive && this.#failedBecause === null;
    this.promisedSeconds = head.keepAliveTimeout;
    if (head.framing === 'length') this.#remaining = head.contentLength;
    else if (head.framing === 'chunked') this.#prepareDecoder();
    const bodyEnd = this.#takeBody(bytes, start, end);
    if (bodyEnd < 0) return;
    const ended = this.#bodyEnded();
    if (ended) this.#finish();
    client.onResponse(head, bytes, start, bodyEnd, ended);
  }

  #receiveBody(bytes: Buffer, start: number, end: number): void {
    const client = this.#client!;
    const bodyEnd = this.#takeBody(bytes, start, end);
    if (bodyEnd < 0) return;
    const ended = this.#bodyEnded();
    if (ended) this.#finish();
    client.onResponseBody(bytes, start, bodyEnd, ended);
  }

  #prepareDecoder(): void {
    if (this.#decoder === null) this.#decoder = new ChunkedDecoder(this.#home.mostFields, this.#home.mostHeadBytes);
    else this.#decoder.reset();
  }

  /** Takes what belongs to the body, which then stands in `bytes[start, result)`; -1 when the exchange has failed. */
  #takeBody(bytes: Buffer, start: number, end: number): number {
    switch (this.#framing) {
      case 'length': {
        const bodyEnd = Math.min(end, start + this.#remaining);
        this.#remaining -= bodyEnd - start;
        if (bodyEnd < end) this.#keepAlive = false;
        return bodyEnd;
      }
      case 'chunked': {
        const decoder = this.#decoder!;
        const outcome = decoder.decode(bytes, start, end);
        if (outcome < 0) {
          this.#fail(malformed(failureTexts[outcome] ?? 'malformed body'));
          return -1;
        }
        if (outcome > 0 && outcome < end) this.#keepAlive = false;
        if (decoder.done && decoder.trailers.count > 0) this.#client?.onTrailers(decoder.trailers);
        return decoder.dataEnd;
      }
      case 'close':
        return end;
      default:
        if (start < end) this.#keepAlive = false;
        return start;
    }
  }

  #bodyEnded(): boolean {
    if (this.#framing === 'length') return this.#remaining === 0;
    if (this.#framing === 'chunked') return this.#decoder!.done;
    return this.#framing === 'none';
  }

  /** The response is complete. Only if the request is too, and nothing is left over, may the connection be used again. */
  #finish(): void {
    const reusable = this.#keepAlive && this.#client!.requestSent && this.writer.idle;
    this.#client = null;
    if (!reusable) return this.destroy();
    this.state = 'idle';
    this.reused = true;
    this.#home.release(this);
  }

  #fail(cause: UpstreamFailure): void {
    const client = this.#client;
    this.#client = null;
    this.destroy();
    client?.onUpstreamFailure(cause, this.#anyByte);
  }

  #ended(): void {
    if (this.state === 'tunnel') return this.#tunnel!.onUpstreamEnd();
    if (this.state === 'body' && this.#framing === 'close') {
      const client = this.#client!;
      this.#client = null;
      this.destroy();
      client.onResponseBody(noBytes, 0, 0, true);
      return;
    }
    this.#fail(closedEarly(this.#failedBecause ?? `the connection was closed ${closedWhen[this.state]}`));
  }

  #closed(hadError: boolean): void {
    if (this.state === 'closed') return;
    if (this.state === 'tunnel') {
      this.state = 'closed';
      this.#home.forget(this);
      this.#tunnel!.onUpstreamClosed(hadError);
      return;
    }
    const reason = this.#failedBecause ?? 'the connection was closed';
    this.#fail(this.state === 'dialing' ? unreachable(reason) : closedEarly(reason));
  }
}

const noBytes = Buffer.alloc(0);

const closedWhen: Readonly<Record<UpstreamState, string>> = {
  dialing: 'while it was made',
  idle: 'while idle',
  head: 'before the response head was complete',
  body: 'before the response body was complete',
  tunnel: 'by the app',
  closed: 'already',
};
