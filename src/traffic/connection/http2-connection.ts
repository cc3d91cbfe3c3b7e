import type { Socket } from 'node:net';
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

const tickInterval = 1_000;
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
  #scheduled = false;
  #paused = false;
  #closing = false;
  #idleSince: number;

  constructor(connection: AcceptedConnection, peer: Peer, home: ConnectionHome) {
    const { deadlines } = home.context;
    this.connection = connection;
    this.peer = peer;
    this.#home = home;
    this.#socket = connection.socket;
    this.#writer = new SocketWriter(connection.socket, this, connection.secure, false);
    this.wire = new ServerConnection(home.context.http2, this);
    this.#idleSince = deadlines.now;
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
    if (this.wire.openStreams > 0) this.#idleSince = deadlines.now;
    else if (limits.keepAlive > 0 && deadlines.now - this.#idleSince > limits.keepAlive) this.drain();
    this.schedule();
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

  /** Writes what there is, as soon as the write before it is done. */
  flush(): void {
    this.#scheduled = false;
    const { arenas } = this.#home.context.http2;
    while (this.#writer.idle) {
      const arena = this.wire.takeOutput();
      if (arena === null) break;
      this.#writer.write(arena.bytes, 0, arena.length, true);
      arenas.give(arena);
      this.wire.resume();
    }
    if (this.wire.pendingOutput > 0) this.#writer.requestDrain();
    else if (this.wire.failed >= 0 || (this.#closing && this.wire.isDrained)) this.#writer.end();
    this.#balance();
  }

  onDrain(): void {
    this.flush();
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
    if (stream.exchange !== null) clientOf(stream).onReset();
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
    this.schedule();
    this.#balance();
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
