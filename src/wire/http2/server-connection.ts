import { Connection } from './connection.ts';
import type { Http2Context } from './context.ts';
import type { ConnectionHandler } from './endpoint.ts';
import { ErrorCode } from './errors.ts';
import { type FieldSection, type Malformation, SectionKind } from './fields/field-section.ts';
import { KnownName } from './fields/known-names.ts';
import { checkRequest, isWord } from './fields/request-rules.ts';
import { frameHeaderLength } from './frames/frame-type.ts';
import { frameBlock, headersOverhead } from './frames/headers.ts';
import { readPriority } from './frames/priority.ts';
import { SettingId } from './frames/settings.ts';
import { Encoder, type Fields, headOverhead, sizeOf, sizeOfLines } from './hpack/encoder.ts';
import { type Stream, StreamState } from './streams/stream.ts';

/** What a server connection tells its driver, besides what any connection does. */
export interface ServerHandler extends ConnectionHandler {
  /** A request; `ended`: it has no body and no trailers, and no `onEnd` follows. The head is valid during the call. */
  onRequest(stream: Stream, head: FieldSection, ended: boolean): void;
  /** A request that was refused before there was a stream for it, already answered by RST_STREAM, or by 431. For logs. */
  onRefused(streamId: number, reason: Malformation | 'too many streams' | 'head too large'): void;
}

/** What a client sends first (RFC 9113 §3.4). */
export const clientPreface: Buffer = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'latin1');

/**
 * The server's side of one HTTP/2 connection. Octets from the client go in by `receive`; requests come out through the handler;
 * octets for the client come out by `takeOutput`. It never throws on foreign octets and knows neither sockets nor timers.
 */
export class ServerConnection extends Connection {
  readonly #handler: ServerHandler;
  #prefaceSeen = 0;
  /** Streams whose response is whole and whose request is not, oldest first. */
  #dropping: Set<Stream> | null = null;

  constructor(context: Http2Context, handler: ServerHandler) {
    super(context, handler, new Encoder());
    this.#handler = handler;
    const { settings } = context;
    const announced: [number, number][] = [
      [SettingId.MAX_CONCURRENT_STREAMS, settings.maxConcurrentStreams],
      [SettingId.INITIAL_WINDOW_SIZE, settings.streamWindow],
      [SettingId.MAX_HEADER_LIST_SIZE, settings.headBytes],
      [SettingId.NO_RFC7540_PRIORITIES, 1],
    ];
    if (settings.headerTableSize !== 4096) announced.push([SettingId.HEADER_TABLE_SIZE, settings.headerTableSize]);
    if (settings.extendedConnect) announced.push([SettingId.ENABLE_CONNECT_PROTOCOL, 1]);
    this.announce(announced);
  }

  override get isMidway(): boolean {
    return this.#prefaceSeen < clientPreface.length || super.isMidway;
  }

  /** Takes what the socket read. Ranges of `bytes` are passed to the handler and not kept. */
  receive(bytes: Buffer, start: number, end: number): void {
    let at = start;
    while (this.#prefaceSeen < clientPreface.length && at < end && this.failed < 0) {
      if (bytes[at++] !== clientPreface[this.#prefaceSeen++]) {
        this.fail(ErrorCode.PROTOCOL_ERROR, 'not an HTTP/2 connection preface');
      }
    }
    if (at < end) this.readFrames(bytes, at, end);
  }

  /**
   * Sends the head of the final response. The names of the fields are lower-cased and those that speak of one connection left out.
   * The stream ends when `endStream`, and whenever the response can have no content (HEAD, 204, 304). `more` are further fields.
   * False when the stream is over or has a response.
   */
  respond(stream: Stream, status: number, fields: Fields, endStream: boolean, more?: Fields): boolean {
    if (!stream.isSending || stream.hasResponse) return false;
    const ends = this.#beginResponse(stream, status, endStream);
    if (!this.#writeHead(stream, status, fields, more, ends)) return false;
    if (ends) this.endedLocally(stream);
    return true;
  }

  /** As `respond`, with the fields as the lines of an HTTP/1.1 head in a range: `Name: value CR LF`, back to back. `secret`: nobody may index them. */
  respondLines(
    stream: Stream,
    status: number,
    bytes: Buffer,
    start: number,
    end: number,
    endStream: boolean,
    secret = false,
  ): boolean {
    if (!stream.isSending || stream.hasResponse) return false;
    const ends = this.#beginResponse(stream, status, endStream);
    if (!this.#writeLines(stream, status, bytes, start, end, ends, secret)) return false;
    if (ends) this.endedLocally(stream);
    return true;
  }

  /** As `informational`, with the fields as lines. */
  informationalLines(stream: Stream, status: number, bytes: Buffer, start: number, end: number): boolean {
    if (!stream.isSending || stream.hasResponse || status === 101) return false;
    return this.#writeLines(stream, status, bytes, start, end, false, false);
  }

  /** Notes that the final response goes out; true when the stream ends with its head. */
  #beginResponse(stream: Stream, status: number, endStream: boolean): boolean {
    stream.hasResponse = true;
    if (status === 204 || status === 304) stream.withoutContent = true;
    if (status < 200 || status > 299) stream.isTunnel = false;
    return endStream || (stream.withoutContent && !stream.isTunnel);
  }

  /** Sends an interim response (RFC 9110 §15.2), 100 to 199 without 101, which HTTP/2 does not have (RFC 9113 §8.6). */
  informational(stream: Stream, status: number, fields: Fields): boolean {
    if (!stream.isSending || stream.hasResponse || status === 101) return false;
    return this.#writeHead(stream, status, fields, undefined, false);
  }

  /** Sends trailers and ends the stream. All of the body has been taken by `data`. */
  trailers(stream: Stream, fields: Fields): boolean {
    if (!stream.isSending || !stream.hasResponse) return false;
    if (!this.#writeHead(stream, 0, fields, undefined, true)) return false;
    this.endedLocally(stream);
    return true;
  }

  #writeHead(stream: Stream, status: number, fields: Fields, more: Fields | undefined, ends: boolean): boolean {
    const { writer, encoder } = this;
    if (!this.#hasRoom(stream, sizeOf(fields) + (more ? sizeOf(more) : 0))) return false;
    const out = writer.bytes;
    let at = encoder.begin(out, writer.at + frameHeaderLength, fields.secret === true);
    if (status !== 0) at = encoder.status(out, at, status);
    at = encoder.fields(out, at, fields);
    if (more) at = encoder.fields(out, at, more);
    frameBlock(writer, at, stream.id, ends, this.#maxFrame);
    return true;
  }

  #writeLines(
    stream: Stream,
    status: number,
    bytes: Buffer,
    start: number,
    end: number,
    ends: boolean,
    secret: boolean,
  ): boolean {
    const { writer, encoder } = this;
    if (!this.#hasRoom(stream, sizeOfLines(end - start))) return false;
    const out = writer.bytes;
    let at = encoder.begin(out, writer.at + frameHeaderLength, secret);
    at = encoder.status(out, at, status);
    at = encoder.lines(out, at, bytes, start, end);
    frameBlock(writer, at, stream.id, ends, this.#maxFrame);
    return true;
  }

  get #maxFrame(): number {
    return Math.min(this.peer.maxFrameSize, mostFrame);
  }

  /** Makes room for a head; one that fits no arena ends its stream. */
  #hasRoom(stream: Stream, fieldsBound: number): boolean {
    const bound = headOverhead + fieldsBound;
    const room = bound + headersOverhead(bound, this.#maxFrame);
    if (room > this.context.arenas.size) {
      this.#failHead(stream);
      return false;
    }
    this.writer.reserve(room);
    return true;
  }

  /** Our own fault: a head that cannot be sent. */
  #failHead(stream: Stream): void {
    this.reset(stream, ErrorCode.INTERNAL_ERROR);
    this.handler.onReset(stream, ErrorCode.INTERNAL_ERROR, 'us');
  }

  protected isIdle(streamId: number): boolean {
    return streamId % 2 === 0 || streamId > this.lastPeerStream;
  }

  /**
   * When the response is whole before the request, what the client still sends is dropped for a while before it is asked to stop
   * (RFC 9113 §8.1): clients that find RST_STREAM right behind a response take the response for lost. Tunnels close each
   * direction on its own.
   */
  protected endedLocally(stream: Stream): void {
    stream.endLocal();
    if (stream.state === StreamState.CLOSED) this.finish(stream);
    else if (!stream.isTunnel) {
      stream.dropped = 0;
      stream.droppedSince = this.outflow.now;
      this.grant(stream, stream.receiveWindow.held);
      this.#dropping ??= new Set();
      this.#dropping.add(stream);
      this.budgets.earn();
    }
  }

  override tick(now: number): void {
    super.tick(now);
    if (this.#dropping !== null) this.#endDropping(now - dropTime);
  }

  /** Asks the clients of streams whose response was whole at `time` to stop. */
  #endDropping(time: number): void {
    const dropping = this.#dropping;
    if (dropping === null) return;
    for (const stream of dropping) {
      if (stream.state !== StreamState.CLOSED && stream.droppedSince > time) return;
      dropping.delete(stream);
      this.reset(stream, ErrorCode.NO_ERROR);
    }
  }

  protected override remove(stream: Stream): void {
    super.remove(stream);
    if (stream.isDropping) this.#dropping?.delete(stream);
  }

  protected onBlock(streamId: number, endStream: boolean, bytes: Buffer, start: number, end: number): void {
    if (streamId % 2 === 0) {
      this.fail(ErrorCode.PROTOCOL_ERROR, 'even stream from a client');
      return;
    }
    const isNew = streamId > this.lastPeerStream;
    const known = isNew ? undefined : this.streams.get(streamId);
    if (!isNew && known === undefined && !this.toleratesClosed(streamId)) return;
    if (!this.decode(isNew ? SectionKind.REQUEST : SectionKind.TRAILERS, bytes, start, end)) return;
    if (known) {
      this.#onTrailers(known, endStream);
      return;
    }
    if (!isNew) return;
    this.lastPeerStream = streamId;
    if (streamId > this.acceptsUpTo) return;
    this.#onRequest(streamId, endStream);
  }

  #onRequest(streamId: number, ended: boolean): void {
    const { section, settings, counters } = this.context;
    if (this.streams.size >= settings.maxConcurrentStreams) this.#endDropping(Number.POSITIVE_INFINITY);
    if (this.streams.size >= settings.maxConcurrentStreams) {
      counters.refusedStreams++;
      this.#handler.onRefused(streamId, 'too many streams');
      this.streamError(streamId, ErrorCode.REFUSED_STREAM);
      return;
    }
    const malformation = section.tooLarge ? section.malformed : checkRequest(section, settings.extendedConnect);
    const wrongLength = ended && section.contentLength > 0 ? 'content-length' : null;
    if (malformation !== null || wrongLength !== null) {
      counters.malformedRequests++;
      this.#handler.onRefused(streamId, malformation ?? 'content-length');
      this.streamError(streamId, ErrorCode.PROTOCOL_ERROR);
      return;
    }
    const stream = this.newStream(streamId);
    stream.expected = section.contentLength;
    if (ended) stream.endRemote();
    if (section.tooLarge) {
      counters.tooLargeHeads++;
      this.#handler.onRefused(streamId, 'head too large');
      this.respond(stream, 431, noFields, true);
      return;
    }
    const methodStart = section.pseudo[2 * KnownName.METHOD]!;
    const methodEnd = section.pseudo[2 * KnownName.METHOD + 1]!;
    stream.withoutContent = isWord(section.bytes, methodStart, methodEnd, head);
    stream.isTunnel = section.isConnect;
    this.#readPriority(stream, section);
    this.#handler.onRequest(stream, section, ended);
  }

  /** Honours `priority` (RFC 9218 §5). */
  #readPriority(stream: Stream, section: FieldSection): void {
    const index = section.priorityIndex;
    if (index < 0) return;
    const { offsets } = section;
    stream.setPriority(readPriority(section.bytes, offsets[4 * index + 2]!, offsets[4 * index + 3]!));
  }

  #onTrailers(stream: Stream, endStream: boolean): void {
    const { section, counters } = this.context;
    if (!stream.isReceiving) {
      this.streamError(stream.id, ErrorCode.STREAM_CLOSED);
      return;
    }
    if (!endStream || stream.isTunnel || section.malformed !== null || section.tooLarge) {
      counters.malformedRequests++;
      this.streamError(stream.id, ErrorCode.PROTOCOL_ERROR);
      return;
    }
    if (stream.expected <= 0 && !stream.isDropping) this.#handler.onTrailers(stream, section);
    if (stream.isReceiving) this.endedRemotely(stream);
  }
}

/** Milliseconds for which the rest of a request is dropped when its response is whole. */
const dropTime = 3000;
/** Frames of a head are cut to this. */
const mostFrame = 16384;
const head = Buffer.from('HEAD');
const noFields: Fields = { count: 0, bytes: Buffer.alloc(0), offsets: new Int32Array(0) };
