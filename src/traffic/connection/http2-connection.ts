import type { Socket } from 'node:net';
import { ErrorCode } from '../../wire/http2/errors.ts';
import type { FieldSection } from '../../wire/http2/fields/field-section.ts';
import { ServerConnection, type ServerHandler } from '../../wire/http2/server-connection.ts';
import type { Stream } from '../../wire/http2/streams/stream.ts';
import type { Deadlined } from '../deadlines.ts';
import type { AcceptedConnection } from '../exchange/accepted-connection.ts';
import type { Exchange } from '../exchange/exchange.ts';
import type { HostView } from '../exchange/host-view.ts';
import { nextRequestId } from '../exchange/request-id.ts';
import type { Peer } from '../filter/forwarding.ts';
import { onData } from '../socket-reader.ts';
import { SocketWriter, type SocketWriterOwner } from '../socket-writer.ts';
import type { ClientConnection, ConnectionHome } from './connection-home.ts';
import { readHttp2Request } from './http2-request.ts';
import { Http2Stream, type StreamHome } from './http2-stream.ts';
import { OutputProgress } from './output-progress.ts';

/** No streams. */
const none: Set<Http2Stream> = new Set();

const tickInterval = 1_000;
/** Streams whose windows stay shut are reset after `bodyIdle` and little more; that may be all that was wrong. */
const cutGrace = 3_000;
/** Bytes of all streams together that their windows may keep here before no app is read from. */
const mostWaiting = 8 * 1024 * 1024;
/** With a slow client apps whose reads bring more are not read from during a write. */
const slowPiece = 32 * 1024;
/** Reads of apps are reckoned to bring at least this much. */
const leastPiece = 4096;
/** Output that does not wait for more, bytes. */
const worthWriting = 8 * 1024;
const mostTurnsWaited = 2;
/** So many open streams are likely to bring more answers in the next turn. */
const manyStreams = 32;
/** How long a client may take to read the last frames of a connection that has failed. */
const lingerTime = 2_000;

/**
 * One client connection that speaks HTTP/2: moves bytes between the socket and the wire code, and makes an exchange of
 * each stream. All frames of one turn of the event loop leave in one write.
 */
export class Http2Connection implements ServerHandler, StreamHome, SocketWriterOwner, Deadlined, ClientConnection {
  readonly connection: AcceptedConnection;
  readonly peer: Peer;
  readonly wire: ServerConnection;
  hostView: HostView | null = null;
  deadline: number;
  readonly #home: ConnectionHome;
  readonly #socket: Socket;
  readonly #writer: SocketWriter;
  readonly #progress: OutputProgress;
  #scheduled = false;
  /** Turns of the event loop for which the output has waited for more. */
  #turnsWaited = 0;
  #paused = false;
  #closing = false;
  /** Streams whose apps are not read from until there is room for more output. */
  #waitingForRoom: Set<Http2Stream> = none;
  /** Bytes that streams have from their apps and their windows do not let out. */
  #waitingBytes = 0;
  /** The last write was not done when its turn was over: the client is slower than the apps. */
  #isSlow = false;
  /** What a read of an app has brought lately, bytes. */
  #usualPiece = 0;
  #idleSince: number;
  /** When a look at it last found no head or frame unfinished. */
  #betweenHeads: number;

  constructor(connection: AcceptedConnection, peer: Peer, home: ConnectionHome) {
    const { deadlines } = home.context;
    this.connection = connection;
    this.peer = peer;
    this.#home = home;
    this.#socket = connection.socket;
    this.#writer = new SocketWriter(connection.socket, this, connection.secure, false);
    this.#progress = new OutputProgress(connection.raw, this.#writer, deadlines.now);
    this.wire = new ServerConnection(home.context.http2, this);
    // Without a first tick, whatever blocks before the next would count as blocked since time began.
    this.wire.tick(deadlines.now);
    this.#idleSince = deadlines.now;
    this.#betweenHeads = deadlines.now;
    this.deadline = deadlines.in(tickInterval);
    deadlines.add(this);
    onData(connection.socket, (chunk) => this.#receive(chunk));
    connection.socket.on('end', () => this.#socket.destroy());
    connection.socket.on('close', () => this.#socketClosed());
    this.schedule();
  }

  drain(): void {
    this.wire.goAway();
    this.#closing = true;
    this.schedule();
  }

  kill(): void {
    this.connection.raw.resetAndDestroy();
  }

  onDeadline(): void {
    const { deadlines, limits } = this.#home.context;
    if (this.wire.failed >= 0) return this.kill();
    this.deadline = deadlines.in(tickInterval);
    this.wire.tick(deadlines.now);
    if (!this.wire.isMidway) this.#betweenHeads = deadlines.now;
    else if (limits.headTimeout > 0 && deadlines.now - this.#betweenHeads > limits.headTimeout) {
      this.wire.fail(ErrorCode.ENHANCE_YOUR_CALM, 'a head did not come to its end in time');
    }
    if (this.wire.openStreams > 0) this.#idleSince = deadlines.now;
    else if (limits.keepAlive > 0 && deadlines.now - this.#idleSince > limits.keepAlive) this.drain();
    if (this.#isStuck(deadlines.now)) return this.#cut();
    this.schedule();
  }

  /** The client has taken nothing for too long of what waits for it, here or, because of that, with the apps. */
  #isStuck(now: number): boolean {
    const { bodyIdle } = this.#home.context.limits;
    const waits = this.wire.pendingOutput > 0 || !this.#writer.idle || this.#waitingForRoom.size > 0;
    return bodyIdle > 0 && this.#progress.stalledFor(now, waits, this.wire.dataSentAt) > bodyIdle + cutGrace;
  }

  #cut(): void {
    const { context } = this.#home;
    context.http2.counters.stalledStreams += this.wire.openStreams;
    context.log.info('HTTP/2 connection cut: the client takes nothing', { client: this.peer.address });
    this.kill();
  }

  // What streams ask for.

  schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.#home.flushLater(this);
  }

  releaseExchange(exchange: Exchange): void {
    this.#home.releaseExchange(exchange);
  }

  flush(): void {
    if (this.#waitsForMore()) return this.#home.flushLater(this);
    this.#turnsWaited = 0;
    this.#scheduled = false;
    this.#isSlow = !this.#writer.idle;
    this.#advance();
  }

  /**
   * Many streams of the connection are about to be answered, and answers come one by one: a turn or two later more of them leave in one
   * write. It costs no time, because as long as somebody waits the event loop does not, and a turn that brings nothing ends it. With few
   * streams the client's next requests would come the later for it.
   */
  #waitsForMore(): boolean {
    const { openStreams, pendingOutput, failed } = this.wire;
    if (!this.#home.trickles || openStreams < manyStreams || failed >= 0 || this.#closing) return false;
    if (pendingOutput === 0 || pendingOutput >= worthWriting) return false;
    return this.#turnsWaited++ < mostTurnsWaited;
  }

  #advance(): void {
    this.#write();
    const rest = this.wire.pendingOutput > 0;
    if (rest || this.#waitingForRoom.size > 0) this.#writer.requestDrain();
    if (!rest && (this.wire.failed >= 0 || (this.#closing && this.wire.isDrained))) this.#writer.end();
    this.#balance();
    if (this.#waitingForRoom.size > 0 && this.hasRoom) this.#giveRoom();
  }

  /** Writes what there is, as soon as the write before it is done. */
  #write(): void {
    const { arenas } = this.#home.context.http2;
    while (this.#writer.idle) {
      const arena = this.wire.takeOutput();
      if (arena === null) break;
      this.#writer.write(arena.output, 0, arena.length, true);
      arenas.give(arena);
      this.wire.resume();
    }
  }

  get hasRoom(): boolean {
    if (this.wire.isBusy || this.#waitingBytes > mostWaiting) return false;
    // With a slow client what is being written is enough in memory.
    return !this.#isSlow || this.#writer.idle || Math.max(this.wire.pendingOutput, this.#usualPiece) < slowPiece;
  }

  pieceSent(size: number): void {
    this.#usualPiece += (size - this.#usualPiece) >> 2;
    this.answered();
  }

  answered(): void {
    const { wire } = this;
    this.#home.noteAnswer();
    // Nothing else is to come that could leave with it.
    const isLast = wire.openStreams === 0 && !this.#closing;
    if (this.#writer.idle && (wire.isCongested || isLast)) this.#write();
    if (this.#hasToDo) this.schedule();
  }

  /** Something is left for the end of the turn. */
  get #hasToDo(): boolean {
    return this.wire.pendingOutput > 0 || this.#closing || this.#waitingForRoom.size > 0;
  }

  pieceWaits(change: number): void {
    this.#waitingBytes += change;
  }

  holdAll(): void {
    for (const stream of this.wire.open) if (stream.exchange !== null) this.#hold(clientOf(stream));
  }

  #hold(stream: Http2Stream): void {
    if (!stream.holdResponse()) return;
    if (this.#waitingForRoom === none) this.#waitingForRoom = new Set();
    this.#waitingForRoom.add(stream);
  }

  /** As many streams a turn as will fill the room: were all let go at once, most would find none for what they read. */
  #giveRoom(): void {
    let room = this.#home.context.http2.settings.outputLimit;
    for (const stream of this.#waitingForRoom) {
      this.#waitingForRoom.delete(stream);
      stream.onRoom();
      room -= Math.max(this.#usualPiece, leastPiece);
      if (room <= 0) break;
    }
    if (this.#waitingForRoom.size > 0) this.schedule();
  }

  onDrain(): void {
    this.#advance();
  }

  onWriteError(): void {
    this.#socket.destroy();
  }

  // What the wire tells.

  onRequest(stream: Stream, section: FieldSection, ended: boolean): void {
    const exchange = this.#home.takeExchange();
    const client = new Http2Stream(this, stream, exchange);
    stream.exchange = client;
    if (readHttp2Request(section, ended, exchange.request)) exchange.begin(client);
    else exchange.beginRefused(client, 400, 'The host of the request is malformed.');
    if (client.exchange !== null && !this.hasRoom) this.#hold(client);
  }

  onRefused(streamId: number, reason: string): void {
    const { context } = this.#home;
    context.counters.requests++;
    context.counters.refused++;
    const request = nextRequestId();
    context.log.info('refused an HTTP/2 request', { request, client: this.peer.address, stream: streamId, reason });
  }

  onData(stream: Stream, bytes: Buffer, start: number, end: number): void {
    clientOf(stream).onData(bytes, start, end);
  }

  onTrailers(stream: Stream, section: FieldSection): void {
    clientOf(stream).onTrailers(section);
  }

  onEnd(stream: Stream): void {
    clientOf(stream).onEnd();
  }

  onReset(stream: Stream): void {
    if (stream.exchange === null) return;
    const client = clientOf(stream);
    this.#waitingForRoom.delete(client);
    client.onReset();
  }

  onWritable(stream: Stream): void {
    clientOf(stream).onWritable();
    this.schedule();
  }

  onGoAway(): void {}

  onFailed(code: number, reason: string): void {
    const { context } = this.#home;
    context.log.info('HTTP/2 connection closed', { client: this.peer.address, code, reason });
    this.deadline = context.deadlines.in(lingerTime);
    this.schedule();
  }

  #receive(chunk: Buffer): void {
    if (this.wire.failed >= 0) return;
    this.wire.receive(chunk, 0, chunk.length);
    if (this.#hasToDo) this.schedule();
  }

  /** A client that does not read its answers is not read from either. */
  #balance(): void {
    const congested = this.wire.isCongested;
    if (congested === this.#paused) return;
    this.#paused = congested;
    if (congested) this.#socket.pause();
    else this.#socket.resume();
  }

  #socketClosed(): void {
    this.#home.context.deadlines.remove(this);
    this.deadline = 0;
    this.wire.abandon();
    this.#home.connectionClosed(this);
  }
}

function clientOf(stream: Stream): Http2Stream {
  return stream.exchange as Http2Stream;
}
