import { Connection } from './connection.ts';
import type { Http2Context } from './context.ts';
import type { ConnectionHandler } from './endpoint.ts';
import { ErrorCode } from './errors.ts';
import { type FieldSection, SectionKind } from './fields/field-section.ts';
import { KnownName } from './fields/known-names.ts';
import { isWord } from './fields/request-rules.ts';
import { checkResponse } from './fields/response-rules.ts';
import { frameHeaderLength, greatestWindow, leastMaxFrameSize } from './frames/frame-type.ts';
import { frameBlock, headersOverhead } from './frames/headers.ts';
import { SettingId } from './frames/settings.ts';
import { Encoder, type Fields, headOverhead, sizeOf, sizeOfLines } from './hpack/encoder.ts';
import { clientPreface } from './server-connection.ts';
import { type Stream, StreamState } from './streams/stream.ts';

/** What a client connection tells its driver, besides what any connection does. */
export interface ClientHandler extends ConnectionHandler {
  /** The final response; `ended`: it has no body and no trailers, and no `onEnd` follows. The head is valid during the call. */
  onResponse(stream: Stream, status: number, head: FieldSection, ended: boolean): void;
  /** An interim response, 102 to 199 and 100. */
  onInformational(stream: Stream, status: number, head: FieldSection): void;
  /** The server has said how many streams it takes: `canOpen` may have changed. */
  onSettings(): void;
}

/** Pseudo-fields of a request: values in `bytes`, start and end at `2 * id` of `pseudo`, both 0 when absent. A request's `FieldSection` is one. */
export interface RequestPseudo {
  readonly bytes: Buffer;
  readonly pseudo: Int32Array;
  /** Nobody may index its fields (RFC 7541 §6.2.3). */
  readonly secret?: boolean;
}

const { METHOD, SCHEME, AUTHORITY, PATH, PROTOCOL } = KnownName;

/**
 * The client's side of one HTTP/2 connection, for apps that speak it. Like the server's: octets in by `receive`, out by `takeOutput`.
 * Requests may be sent before the server's settings are known (RFC 9113 §3.4).
 */
export class ClientConnection extends Connection {
  readonly #handler: ClientHandler;
  #nextStream = 1;
  /** The server takes no more streams. */
  #leaving = false;

  constructor(context: Http2Context, handler: ClientHandler) {
    super(context, handler, new Encoder(true));
    this.#handler = handler;
    this.writer.reserve(clientPreface.length);
    clientPreface.copy(this.writer.bytes, this.writer.at);
    this.writer.at += clientPreface.length;
    // A server has nothing to say about push but 0 (RFC 9113 §6.5.2).
    this.peer.enablePush = 0;
    const { settings } = context;
    const announced: [number, number][] = [
      [SettingId.ENABLE_PUSH, 0],
      [SettingId.INITIAL_WINDOW_SIZE, settings.streamWindow],
      [SettingId.MAX_HEADER_LIST_SIZE, settings.headBytes],
    ];
    if (settings.headerTableSize !== 4096) announced.push([SettingId.HEADER_TABLE_SIZE, settings.headerTableSize]);
    this.announce(announced);
  }

  /** Whether `request` would open a stream now. */
  get canOpen(): boolean {
    return (
      this.failed < 0 &&
      !this.#leaving &&
      this.goAwayAt < 0 &&
      this.#nextStream < greatestWindow &&
      this.streams.size < Math.min(this.peer.maxConcurrentStreams, this.context.settings.maxConcurrentStreams)
    );
  }

  /** Whether the server announced extended CONNECT (RFC 8441): wait for `onSettings` before believing that it does not. */
  get allowsExtendedConnect(): boolean {
    return this.peer.enableConnectProtocol === 1;
  }

  /** Takes what the socket read. */
  receive(bytes: Buffer, start: number, end: number): void {
    if (this.failed < 0) this.readFrames(bytes, start, end);
  }

  /**
   * Sends the head of a request; `host` is left out of the fields, its value goes in `:authority`. Returns the stream, or null when none can
   * be opened or the head is too long to send.
   */
  request(head: RequestPseudo, fields: Fields, endStream: boolean): Stream | null {
    const stream = this.#open(head, sizeOf(fields));
    if (stream === null) return null;
    const at = this.encoder.fields(this.writer.bytes, this.#pseudo(head, fields.secret === true), fields);
    this.#sendHead(stream, at, endStream);
    return stream;
  }

  /** As `request`, with the fields as the lines of an HTTP/1.1 head in a range: `Name: value CR LF`, back to back. */
  requestLines(head: RequestPseudo, bytes: Buffer, start: number, end: number, endStream: boolean): Stream | null {
    const stream = this.#open(head, sizeOfLines(end - start));
    if (stream === null) return null;
    const at = this.encoder.lines(this.writer.bytes, this.#pseudo(head, head.secret === true), bytes, start, end);
    this.#sendHead(stream, at, endStream);
    return stream;
  }

  #open(head: RequestPseudo, fieldsBound: number): Stream | null {
    const { bytes, pseudo } = head;
    let bound = headOverhead + fieldsBound;
    for (const id of pseudoOrder) bound += pseudo[2 * id + 1]! - pseudo[2 * id]! + pseudoOverhead;
    if (!this.canOpen || !this.#hasRoom(bound)) return null;
    const stream = this.newStream(this.#nextStream);
    this.#nextStream += 2;
    stream.isTunnel = isWord(bytes, pseudo[2 * METHOD]!, pseudo[2 * METHOD + 1]!, connect);
    stream.isHead = isWord(bytes, pseudo[2 * METHOD]!, pseudo[2 * METHOD + 1]!, headMethod);
    return stream;
  }

  #pseudo({ bytes, pseudo }: RequestPseudo, secret: boolean): number {
    const { writer, encoder } = this;
    let at = encoder.begin(writer.bytes, writer.at + frameHeaderLength, secret);
    for (const id of pseudoOrder) {
      if (pseudo[2 * id] === pseudo[2 * id + 1]) continue;
      at = encoder.pseudo(writer.bytes, at, id, bytes, pseudo[2 * id]!, pseudo[2 * id + 1]!);
    }
    return at;
  }

  #sendHead(stream: Stream, at: number, endStream: boolean): void {
    frameBlock(this.writer, at, stream.id, endStream, this.#maxFrame);
    if (endStream) this.endedLocally(stream);
  }

  /** Sends trailers and ends the request. All of the body has been taken by `data`. */
  trailers(stream: Stream, fields: Fields): boolean {
    const bound = headOverhead + sizeOf(fields);
    if (!stream.isSending || !this.#hasRoom(bound)) return false;
    const at = this.encoder.begin(this.writer.bytes, this.writer.at + frameHeaderLength, fields.secret === true);
    frameBlock(this.writer, this.encoder.fields(this.writer.bytes, at, fields), stream.id, true, this.#maxFrame);
    this.endedLocally(stream);
    return true;
  }

  get #maxFrame(): number {
    return Math.min(this.peer.maxFrameSize, leastMaxFrameSize);
  }

  #hasRoom(bound: number): boolean {
    const room = bound + headersOverhead(bound, this.#maxFrame);
    if (room > this.context.arenas.size) return false;
    this.writer.reserve(room);
    return true;
  }

  protected isIdle(streamId: number): boolean {
    return streamId % 2 === 0 || streamId >= this.#nextStream;
  }

  protected endedLocally(stream: Stream): void {
    stream.endLocal();
    if (stream.state === StreamState.CLOSED) this.finish(stream);
  }

  /** Budgets are for strangers; the app behind the gate is none. */
  protected override spend(): boolean {
    return true;
  }

  protected override mayReceiveData(stream: Stream): boolean {
    return stream.hasResponse;
  }

  protected override onPeerSettings(): void {
    if (this.peer.enablePush === 0) this.#handler.onSettings();
    else this.fail(ErrorCode.PROTOCOL_ERROR, 'ENABLE_PUSH from a server');
  }

  /** Streams above the last were not looked at and may be sent elsewhere (RFC 9113 §6.8). */
  protected override onPeerLeaves(lastStreamId: number): void {
    this.#leaving = true;
    for (const stream of this.streams.all()) {
      if (stream.id <= lastStreamId) continue;
      this.remove(stream);
      this.handler.onReset(stream, ErrorCode.REFUSED_STREAM, 'peer');
    }
  }

  protected onBlock(streamId: number, endStream: boolean, bytes: Buffer, start: number, end: number): void {
    if (this.isIdle(streamId)) {
      this.fail(ErrorCode.PROTOCOL_ERROR, 'HEADERS on an idle stream');
      return;
    }
    const stream = this.streams.get(streamId);
    if (stream === undefined && !this.toleratesClosed(streamId)) return;
    const kind = stream?.hasResponse ? SectionKind.TRAILERS : SectionKind.RESPONSE;
    if (!this.decode(kind, bytes, start, end) || stream === undefined) return;
    if (!stream.isReceiving) this.streamError(streamId, ErrorCode.STREAM_CLOSED);
    else if (stream.hasResponse) this.#onTrailers(stream, endStream);
    else this.#onResponse(stream, endStream);
  }

  #onResponse(stream: Stream, ended: boolean): void {
    const { section } = this.context;
    const status = checkResponse(section);
    const interim = typeof status === 'number' && status < 200;
    if (typeof status !== 'number' || section.tooLarge || status === 101 || (interim && ended)) {
      this.streamError(stream.id, ErrorCode.PROTOCOL_ERROR);
      return;
    }
    if (interim) {
      this.#handler.onInformational(stream, status, section);
      return;
    }
    stream.hasResponse = true;
    if (status > 299) stream.isTunnel = false;
    const noContent = stream.isHead || status === 204 || status === 304;
    stream.expected = noContent ? 0 : section.contentLength;
    if (ended && stream.expected > 0) {
      this.streamError(stream.id, ErrorCode.PROTOCOL_ERROR);
      return;
    }
    if (ended) {
      stream.endRemote();
      if (stream.state === StreamState.CLOSED) this.finish(stream);
    }
    this.#handler.onResponse(stream, status, section, ended);
  }

  #onTrailers(stream: Stream, endStream: boolean): void {
    const { section } = this.context;
    if (!endStream || stream.isTunnel || section.malformed !== null || section.tooLarge) {
      this.streamError(stream.id, ErrorCode.PROTOCOL_ERROR);
      return;
    }
    if (stream.expected <= 0) this.#handler.onTrailers(stream, section);
    if (stream.isReceiving) this.endedRemotely(stream);
  }
}

const pseudoOrder = [METHOD, SCHEME, AUTHORITY, PATH, PROTOCOL];
/** Room for the name of a pseudo-field and what goes before its value. */
const pseudoOverhead = 48;
const connect = Buffer.from('CONNECT');
const headMethod = Buffer.from('HEAD');
