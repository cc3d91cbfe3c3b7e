import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { describeError } from '../../model/errors.ts';
import type { Target } from '../../model/site.ts';
import type { NameAddresses } from '../../model/target-news.ts';
import { ClientConnection, type ClientHandler } from '../../wire/http2/client-connection.ts';
import type { Http2Context } from '../../wire/http2/context.ts';
import type { Side } from '../../wire/http2/endpoint.ts';
import { ErrorCode, errorName } from '../../wire/http2/errors.ts';
import type { FieldSection } from '../../wire/http2/fields/field-section.ts';
import type { Stream } from '../../wire/http2/streams/stream.ts';
import type { Deadlined, Deadlines } from '../deadlines.ts';
import type { Flushable, Flusher } from '../flusher.ts';
import { SocketWriter, type SocketWriterOwner } from '../socket-writer.ts';
import { dial } from './dial.ts';
import type { Http2Upstream } from './http2-upstream.ts';
import {
  closedEarly,
  connectTimeout,
  malformed,
  streamReset,
  type UpstreamFailure,
  unprocessed,
  unreachable,
} from './upstream-failure.ts';

const tickInterval = 1_000;
/** An idle connection is kept this long: a new one costs a handshake, an open one nearly nothing. */
const idleTime = 30_000;
/** How long the app may take to close its side after ours. */
const closingTime = 2_000;
/** Answers to pings and settings that an app makes us write and does not read, at most. */
const mostUnread = 4 * 1024 * 1024;

const noAgreement = 'the app did not agree to HTTP/2 (ALPN h2); an app that speaks HTTP/1.1 wants https://';

/** What a connection needs of where it lives. */
export interface Http2UpstreamConnectionHome extends Flusher {
  readonly context: Http2Context;
  readonly deadlines: Deadlines;
  readonly connectTimeout: number;
  /** See {@link dial}. */
  readonly addresses: NameAddresses | null;
  /** It may have room for requests that wait. */
  connectionHasRoom(connection: Http2UpstreamConnection): void;
  /** It takes no more requests; those it carries go on. */
  connectionLeaves(connection: Http2UpstreamConnection): void;
  /** `unmade`: why it never came to be, null for one that did. */
  connectionClosed(connection: Http2UpstreamConnection, unmade: UpstreamFailure | null): void;
}

/**
 * One HTTP/2 connection to an app: moves bytes between the socket and the wire code. All frames of one turn of the event
 * loop leave in one write.
 *
 * ```
 * dialing --app's SETTINGS--> open --GOAWAY, idle, reload--> leaving --last stream--> closing --> closed
 *    '---------- failure -------'-------- failure --------------'--------------------------------^
 * ```
 */
export class Http2UpstreamConnection implements ClientHandler, SocketWriterOwner, Deadlined, Flushable {
  deadline: number;
  /** It has carried a request. */
  used = false;
  readonly wire: ClientConnection;
  readonly #home: Http2UpstreamConnectionHome;
  readonly #socket: Socket;
  readonly #writer: SocketWriter;
  #state: 'dialing' | 'open' | 'leaving' | 'closing' | 'closed' = 'dialing';
  #writable = false;
  #scheduled = false;
  #idleSince = 0;
  #failure: UpstreamFailure | null = null;
  #failedBecause: string | null = null;

  constructor(target: Target, home: Http2UpstreamConnectionHome) {
    const secure = target.kind === 'tcp' && target.tls !== null;
    this.#home = home;
    this.wire = new ClientConnection(home.context, this);
    const { socket, readyEvent } = dial(target, home.addresses, (count, bytes) => this.#receive(bytes, count));
    this.#socket = socket;
    this.#writer = new SocketWriter(socket, this, secure, false);
    this.deadline = home.deadlines.in(home.connectTimeout);
    home.deadlines.add(this);
    socket.once(readyEvent, () => this.#connected(secure));
    socket.on('error', (error) => {
      const noProtocol = 'code' in error && error.code === 'ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL';
      this.#failedBecause = noProtocol ? noAgreement : describeError(error);
    });
    socket.on('end', () => this.#fail(this.#lost('the app closed the connection')));
    socket.on('close', () => this.#fail(this.#lost('the connection was closed')));
  }

  get dialing(): boolean {
    return this.#state === 'dialing';
  }

  get hasRoom(): boolean {
    return this.#state === 'open' && this.wire.canOpen;
  }

  /** Takes no more requests, and closes when it carries none. */
  leave(): void {
    if (this.#state === 'dialing') return this.#fail(unreachable('it is not needed any more'));
    if (this.#state !== 'open') return;
    this.#state = 'leaving';
    this.#home.connectionLeaves(this);
    this.streamClosed();
  }

  destroy(): void {
    this.#fail(closedEarly('the gate is stopping'));
  }

  /** There is output. */
  schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.#home.flushLater(this);
  }

  /** A stream has ended or was given up. */
  streamClosed(): void {
    this.schedule();
    if (this.wire.openStreams === 0) {
      this.#idleSince = this.#home.deadlines.now;
      if (this.#state === 'leaving') return this.#end();
    }
    if (this.#state === 'open') this.#home.connectionHasRoom(this);
  }

  flush(): void {
    this.#scheduled = false;
    if (!this.#writable) return;
    const { arenas } = this.#home.context;
    while (this.#writer.idle) {
      const arena = this.wire.takeOutput();
      if (arena === null) break;
      this.#writer.write(arena.output, 0, arena.length, true);
      arenas.give(arena);
      this.wire.resume();
    }
    if (this.wire.pendingOutput > 0) this.#writer.requestDrain();
    else if (this.#state === 'closing') this.#writer.end();
  }

  onDrain(): void {
    this.flush();
  }

  /** What the app wrote before it stopped reading still comes. */
  onWriteError(error: Error): void {
    this.#failedBecause ??= describeError(error);
  }

  onDeadline(): void {
    const { deadlines } = this.#home;
    if (this.#state === 'dialing') return this.#fail(connectTimeout);
    if (this.#state === 'closing') return this.#fail(closedEarly('the app did not close'));
    this.deadline = deadlines.in(tickInterval);
    this.wire.tick(deadlines.now);
    if (this.wire.pendingOutput > 0) this.schedule();
    const idle = this.wire.openStreams === 0 && deadlines.now - this.#idleSince >= idleTime;
    if (this.#state === 'open' && idle) this.leave();
  }

  // What the wire tells.

  /** No request goes out before: only now is it sure that the app speaks HTTP/2, and how many it takes at a time. */
  onSettings(): void {
    if (this.#state === 'dialing') {
      this.#state = 'open';
      this.#idleSince = this.#home.deadlines.now;
      this.deadline = this.#home.deadlines.in(tickInterval);
    }
    if (this.#state === 'open') this.#home.connectionHasRoom(this);
  }

  onInformational(stream: Stream, status: number, section: FieldSection): void {
    upstreamOf(stream)?.onInformational(status, section);
  }

  onResponse(stream: Stream, status: number, section: FieldSection, ended: boolean): void {
    upstreamOf(stream)?.onResponse(status, section, ended);
  }

  onData(stream: Stream, bytes: Buffer, start: number, end: number): void {
    upstreamOf(stream)?.onData(bytes, start, end);
  }

  onTrailers(stream: Stream, section: FieldSection): void {
    upstreamOf(stream)?.onTrailers(section);
  }

  onEnd(stream: Stream): void {
    upstreamOf(stream)?.onEnd();
  }

  onWritable(stream: Stream): void {
    upstreamOf(stream)?.onWritable();
  }

  onReset(stream: Stream, code: number, by: Side): void {
    upstreamOf(stream)?.fail(this.#failure ?? causeOf(code, by));
  }

  /** What it carries goes on up to `lastStreamId`; the others have been reset. */
  onGoAway(): void {
    this.leave();
  }

  onFailed(code: number, reason: string): void {
    const what = `${errorName(code)}: ${reason}`;
    if (this.#state === 'dialing') {
      this.#fail(unreachable(`the app does not answer in HTTP/2 (${what}); an app that speaks HTTP/1.1 wants http://`));
      return;
    }
    this.#failedBecause ??= `the app broke HTTP/2 (${what})`;
    this.leave();
    this.#end();
  }

  #connected(secure: boolean): void {
    if (this.#state !== 'dialing') return;
    if (secure && (this.#socket as TLSSocket).alpnProtocol !== 'h2') {
      this.#fail(unreachable(noAgreement));
      return;
    }
    this.#writable = true;
    this.flush();
  }

  #receive(bytes: Buffer, count: number): void {
    if (this.wire.failed >= 0) return;
    this.wire.receive(bytes, 0, count);
    const pending = this.wire.pendingOutput;
    if (pending > mostUnread) this.wire.fail(ErrorCode.ENHANCE_YOUR_CALM, 'output is not read', 'unreadOutputs');
    if (pending > 0) this.schedule();
  }

  /** Says goodbye and closes. */
  #end(): void {
    if (this.#state === 'closing' || this.#state === 'closed') return;
    this.#state = 'closing';
    this.deadline = this.#home.deadlines.in(closingTime);
    this.wire.goAway();
    this.schedule();
    // An app that does not close its side must not keep the program from ending.
    this.#socket.unref();
  }

  #lost(reason: string): UpstreamFailure {
    const because = this.#failedBecause ?? reason;
    return this.#state === 'dialing' ? unreachable(because) : closedEarly(because);
  }

  #fail(cause: UpstreamFailure): void {
    if (this.#state === 'closed') return;
    const dialing = this.#state === 'dialing';
    this.#state = 'closed';
    this.#failure = cause;
    this.deadline = 0;
    this.#home.deadlines.remove(this);
    this.wire.abandon();
    this.#socket.destroy();
    this.#home.connectionClosed(this, dialing ? cause : null);
  }
}

/** null for a stream whose request was given up. */
function upstreamOf(stream: Stream): Http2Upstream | null {
  return stream.exchange as Http2Upstream | null;
}

function causeOf(code: number, by: Side): UpstreamFailure {
  if (by === 'us') return malformed(`malformed HTTP/2 response (${errorName(code)})`);
  if (code === ErrorCode.REFUSED_STREAM) return unprocessed('the app refused the stream');
  return streamReset(`the app reset the stream (${errorName(code)})`);
}
