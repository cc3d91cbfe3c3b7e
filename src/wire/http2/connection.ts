import type { Arena } from './arena.ts';
import { Abuse, Budgets } from './budgets.ts';
import { type Http2Context, mostContinuations } from './context.ts';
import { abuseCounters, type Http2Counters } from './counters.ts';
import { ErrorCode } from './errors.ts';
import type { FieldSection } from './fields/field-section.ts';
import { FrameReader, type FrameSink } from './frames/frame-reader.ts';
import { Flag, FrameType, greatestWindow, initialWindow, read31, read32 } from './frames/frame-type.ts';
import { FrameWriter } from './frames/frame-writer.ts';
import { goAwayLength, writeGoAway } from './frames/goaway.ts';
import { type Fragment, readHeaders } from './frames/headers.ts';
import { pingLength, writePing } from './frames/ping.ts';
import { priorityLength, priorityUpdateLength, readPriority } from './frames/priority.ts';
import { rstStreamLength, writeRstStream } from './frames/rst-stream.ts';
import { PeerSettings, settingLength, writeSettings, writeSettingsAck } from './frames/settings.ts';
import { windowUpdateLength, writeWindowUpdate } from './frames/window-update.ts';
import { Decoder } from './hpack/decoder.ts';
import { Encoder } from './hpack/encoder.ts';
import { Outflow } from './streams/outflow.ts';
import { ReceiveWindow } from './streams/receive-window.ts';
import { Stream, StreamState } from './streams/stream.ts';

/** Who ended a stream before its time. */
export type Side = 'peer' | 'us';

/** What a connection tells its driver. Everything is called from `receive`, `resume` or `tick`; ranges are valid during the call. */
export interface ConnectionHandler {
  /** Body octets. Consume or copy them, and `grant` them when they are consumed. */
  onData(stream: Stream, bytes: Buffer, start: number, end: number): void;
  /** Trailers; `onEnd` follows. The section is valid during the call. */
  onTrailers(stream: Stream, section: FieldSection): void;
  /** The peer's message is whole. Not called for a message whose head said so. */
  onEnd(stream: Stream): void;
  /** The stream is dead before both messages were whole: the last call for it. `by` says who sent RST_STREAM or gave up the connection. */
  onReset(stream: Stream, code: number, by: Side): void;
  /** The stream may send again what `data` did not take. */
  onWritable(stream: Stream): void;
  /** The peer opens no new streams, or takes none above `lastStreamId`. */
  onGoAway(lastStreamId: number, code: number): void;
  /** The connection is broken: write what `takeOutput` gives, then close it. Every stream has had its `onReset`. */
  onFailed(code: number, reason: string): void;
}

/** Streams that we reset and whose frames may still be under way are remembered up to this number. */
const rememberedResets = 512;
/** Output above this multiple of the limit while the peer goes on asking. */
const unreadFactor = 8;
const gracefulPing = Buffer.from('graceful');

/** What both ends of a connection have in common (RFC 9113): frames in, frames out, flow control, settings, budgets. */
export abstract class Connection implements FrameSink {
  /** Error code of the connection error that ended it, -1 while there is none. */
  failed = -1;
  /** What the peer asked for. */
  readonly peer: PeerSettings = new PeerSettings();
  protected readonly context: Http2Context;
  protected readonly handler: ConnectionHandler;
  protected readonly writer: FrameWriter;
  protected readonly encoder: Encoder = new Encoder();
  protected readonly outflow: Outflow;
  protected readonly budgets: Budgets = new Budgets();
  protected readonly streams: Map<number, Stream> = new Map();
  /** Highest stream that the peer opened and that was looked at. */
  protected lastPeerStream = 0;
  /** Our settings are acknowledged. */
  protected settled = false;
  protected readonly decoder: Decoder;
  readonly #reader: FrameReader;
  readonly #inflow: ReceiveWindow;
  readonly #resets: Set<number> = new Set();
  readonly #turn = (stream: Stream): void => this.handler.onWritable(stream);
  #hasPeerSettings = false;
  #settingsSentAt = -1;
  /** Highest stream taken after the final GOAWAY, or the greatest number before it. */
  protected acceptsUpTo: number = greatestWindow;
  #goAwayAt = -1;
  #dataStream: Stream | null = null;
  readonly #fragment: Fragment = { start: 0, end: 0 };
  /** A field block that goes on in CONTINUATION frames: its stream (0: none), flags and pieces. */
  #blockStream = 0;
  #blockFlags = 0;
  #blockBytes = 0;
  #blockPieces: Buffer[] = [];

  constructor(context: Http2Context, handler: ConnectionHandler) {
    const { settings } = context;
    this.context = context;
    this.handler = handler;
    this.writer = new FrameWriter(context.arenas);
    this.outflow = new Outflow(this.writer, this.budgets, settings.outputLimit);
    this.decoder = new Decoder(settings.headerTableSize, context.mostDecoded);
    this.#reader = new FrameReader(this);
    const window = Math.max(settings.connectionWindow, initialWindow);
    this.#inflow = new ReceiveWindow(window, Math.max(settings.maxConnectionWindow, window));
  }

  /** Streams open at the moment. */
  get openStreams(): number {
    return this.streams.size;
  }

  /** So much output waits that the driver should neither read from the peer nor from the apps until it is written. */
  get isCongested(): boolean {
    return this.outflow.isCongested;
  }

  /** Octets that `takeOutput` would give. */
  get pendingOutput(): number {
    return this.writer.pending;
  }

  /** Whether a graceful end was begun and nothing is left to do: the driver closes the connection when its output is written. */
  get isDrained(): boolean {
    return this.acceptsUpTo !== greatestWindow && this.streams.size === 0;
  }

  /** The next piece of output, or null. The driver writes it whole and gives it back to the pool; then it calls `resume`. */
  takeOutput(): Arena | null {
    return this.writer.take();
  }

  /** Lets streams that waited for room in the output go on. */
  resume(): void {
    this.outflow.resume(this.#turn);
  }

  /** The socket is gone: every stream ends, output is dropped. No `onFailed`. */
  abandon(): void {
    if (this.failed < 0) this.failed = ErrorCode.NO_ERROR;
    this.#reader.stop();
    this.#endAll(ErrorCode.CANCEL, 'peer');
    this.writer.discard();
  }

  /** Sends body octets; see `Outflow.send`. Octets for a stream that is over are taken and dropped. */
  data(stream: Stream, bytes: Buffer, start: number, end: number, endStream: boolean): number {
    if (!stream.isSending) return end - start;
    if (stream.withoutContent) {
      if (endStream) this.#sendEnd(stream);
      return end - start;
    }
    const taken = this.outflow.send(stream, bytes, start, end, endStream);
    if (endStream && taken === end - start) this.endedLocally(stream);
    return taken;
  }

  #sendEnd(stream: Stream): void {
    this.outflow.send(stream, gracefulPing, 0, 0, true);
    this.endedLocally(stream);
  }

  /** The driver consumed `count` octets of the body. */
  grant(stream: Stream, count: number): void {
    if (this.failed >= 0) return;
    const held = Math.min(count, stream.receiveWindow.held);
    if (held <= 0) return;
    const increment = stream.receiveWindow.consume(held);
    if (increment > 0 && stream.isReceiving) writeWindowUpdate(this.writer, stream.id, increment);
    this.#grantConnection(held);
  }

  #grantConnection(count: number): void {
    if (count <= 0) return;
    const increment = this.#inflow.consume(count);
    if (increment > 0 && this.failed < 0) writeWindowUpdate(this.writer, 0, increment);
  }

  /** Ends a stream by RST_STREAM. No `onReset` follows. */
  reset(stream: Stream, code: number): void {
    if (stream.state === StreamState.CLOSED || this.failed >= 0) return;
    writeRstStream(this.writer, stream.id, code);
    if (stream.isReceiving) this.remember(stream.id);
    this.remove(stream);
  }

  /**
   * Begins a graceful end (RFC 9113 §6.8): first a GOAWAY that refuses nothing, then, when the peer has surely seen it, the final one.
   * Streams in progress go on; see `isDrained`.
   */
  goAway(): void {
    if (this.failed >= 0 || this.#goAwayAt >= 0) return;
    this.#goAwayAt = this.outflow.now;
    writeGoAway(this.writer, greatestWindow, ErrorCode.NO_ERROR, '');
    writePing(this.writer, false, gracefulPing, 0);
  }

  #finishGoAway(): void {
    if (this.acceptsUpTo !== greatestWindow) return;
    this.acceptsUpTo = this.lastPeerStream;
    writeGoAway(this.writer, this.lastPeerStream, ErrorCode.NO_ERROR, '');
  }

  /** Time passed: the driver calls this about once a second, with milliseconds that only go forward. */
  tick(now: number): void {
    if (this.failed >= 0) return;
    const { settingsTimeout, stallTimeout } = this.context.settings;
    this.outflow.now = now;
    this.budgets.refill(now);
    if (this.#settingsSentAt < 0) this.#settingsSentAt = now;
    if (!this.settled && settingsTimeout > 0 && now - this.#settingsSentAt > settingsTimeout) {
      this.fail(ErrorCode.SETTINGS_TIMEOUT, 'settings were not acknowledged');
      return;
    }
    if (this.#goAwayAt >= 0 && now - this.#goAwayAt > 2000) this.#finishGoAway();
    if (stallTimeout <= 0 || !this.outflow.hasBlocked) return;
    for (const stream of this.streams.values()) {
      if (!this.outflow.isStalled(stream, now - stallTimeout)) continue;
      this.context.counters.stalledStreams++;
      this.#abort(stream, ErrorCode.CANCEL);
    }
  }

  /** Ends the connection with an error (RFC 9113 §5.4.1). */
  fail(code: number, reason: string, counter: keyof Http2Counters = 'connectionErrors'): void {
    if (this.failed >= 0) return;
    this.context.counters[counter]++;
    this.failed = code;
    this.#reader.stop();
    this.#blockPieces = [];
    writeGoAway(this.writer, Math.min(this.lastPeerStream, this.acceptsUpTo), code, reason);
    this.#endAll(code, 'us');
    this.handler.onFailed(code, reason);
  }

  #endAll(code: number, by: Side): void {
    for (const stream of [...this.streams.values()]) {
      this.remove(stream);
      this.handler.onReset(stream, code, by);
    }
  }

  // What subclasses say.

  /** A whole field block. */
  protected abstract onBlock(streamId: number, endStream: boolean, bytes: Buffer, start: number, end: number): void;
  /** Whether no frame ever opened this stream. */
  protected abstract isIdle(streamId: number): boolean;
  /** Our END_STREAM went out. */
  protected abstract endedLocally(stream: Stream): void;

  // What subclasses use.

  /** Feeds frames to the reader. */
  protected readFrames(bytes: Buffer, start: number, end: number): void {
    this.#reader.read(bytes, start, end);
  }

  /** Writes our SETTINGS and opens the connection's window. */
  protected announce(settings: readonly (readonly [number, number])[]): void {
    writeSettings(this.writer, settings);
    const increment = this.#inflow.size - initialWindow;
    if (increment > 0) writeWindowUpdate(this.writer, 0, increment);
  }

  protected newStream(id: number): Stream {
    const { streamWindow, maxStreamWindow } = this.context.settings;
    // Before the peer has our settings it may count on the initial window.
    const window = this.settled ? streamWindow : Math.max(streamWindow, initialWindow);
    const receiveWindow = new ReceiveWindow(window, Math.max(window, maxStreamWindow));
    const stream = new Stream(id, this.peer.initialWindowSize, receiveWindow);
    this.streams.set(id, stream);
    return stream;
  }

  /** Decodes a block; false when the connection failed. */
  protected decode(kind: number, bytes: Buffer, start: number, end: number): boolean {
    const { section } = this.context;
    section.begin(kind);
    const code = this.decoder.decode(bytes, start, end, section);
    if (code === ErrorCode.NO_ERROR) return true;
    const bomb = code === ErrorCode.ENHANCE_YOUR_CALM;
    this.fail(code, bomb ? 'field section too large' : 'field block', bomb ? 'headerBombs' : 'connectionErrors');
    return false;
  }

  /** Spends from a budget; false when that ended the connection. */
  protected spend(kind: number, count = 1): boolean {
    if (this.budgets.spend(kind, count)) return true;
    this.fail(ErrorCode.ENHANCE_YOUR_CALM, 'too many frames of a kind', abuseCounters[kind]);
    return false;
  }

  /** A stream error of the peer's making on a stream that may not exist here. */
  protected streamError(streamId: number, code: number): void {
    const stream = this.streams.get(streamId);
    if (stream) this.#abort(stream, code);
    else {
      writeRstStream(this.writer, streamId, code);
      this.remember(streamId);
    }
    this.spend(Abuse.PROVOKED_RESET);
  }

  #abort(stream: Stream, code: number): void {
    this.reset(stream, code);
    this.handler.onReset(stream, code, 'us');
  }

  /** Takes the stream from the tables; what its reader still holds no longer counts. */
  protected remove(stream: Stream): void {
    this.streams.delete(stream.id);
    stream.state = StreamState.CLOSED;
    this.outflow.forget(stream);
    const { held } = stream.receiveWindow;
    stream.receiveWindow.held = 0;
    this.#grantConnection(held);
  }

  /** Frames for this stream may still be under way and are no error. */
  protected remember(streamId: number): void {
    this.#resets.add(streamId);
    if (this.#resets.size <= rememberedResets) return;
    for (const oldest of this.#resets) {
      this.#resets.delete(oldest);
      return;
    }
  }

  /** A frame for a stream that is over (RFC 9113 §5.1): false when it is an error and the connection failed. */
  protected toleratesClosed(streamId: number): boolean {
    if (this.#resets.has(streamId) || streamId > this.acceptsUpTo) return this.spend(Abuse.IDLE_FRAME);
    this.fail(ErrorCode.STREAM_CLOSED, 'frame on a closed stream');
    return false;
  }

  /** The peer's message on this stream is whole. */
  protected endedRemotely(stream: Stream): void {
    if (stream.expected > 0) {
      this.streamError(stream.id, ErrorCode.PROTOCOL_ERROR);
      return;
    }
    stream.endRemote();
    if (stream.state === StreamState.CLOSED) this.finish(stream);
    this.handler.onEnd(stream);
  }

  /** Both messages are whole. */
  protected finish(stream: Stream): void {
    this.remove(stream);
    this.budgets.earn();
  }

  // Frames.

  onFrameError(code: number, reason: string): void {
    this.fail(code, reason);
  }

  onFrameHeader(type: number, flags: number, streamId: number): number {
    if (!this.#hasPeerSettings && (type !== FrameType.SETTINGS || flags & Flag.ACK)) return ErrorCode.PROTOCOL_ERROR;
    if (this.#blockStream !== 0) {
      return type === FrameType.CONTINUATION && streamId === this.#blockStream
        ? ErrorCode.NO_ERROR
        : ErrorCode.PROTOCOL_ERROR;
    }
    if (type === FrameType.CONTINUATION || type === FrameType.PUSH_PROMISE) return ErrorCode.PROTOCOL_ERROR;
    if (type > FrameType.CONTINUATION && !this.spend(Abuse.IDLE_FRAME)) return ErrorCode.ENHANCE_YOUR_CALM;
    return ErrorCode.NO_ERROR;
  }

  onFrame(type: number, flags: number, streamId: number, bytes: Buffer, start: number, end: number): void {
    switch (type) {
      case FrameType.HEADERS:
        this.#onHeaders(flags, streamId, bytes, start, end);
        return;
      case FrameType.CONTINUATION:
        this.#onContinuation(flags, bytes, start, end);
        return;
      case FrameType.WINDOW_UPDATE:
        this.#onWindowUpdate(streamId, bytes, start, end);
        return;
      case FrameType.RST_STREAM:
        this.#onRstStream(streamId, bytes, start, end);
        return;
      case FrameType.SETTINGS:
        this.#onSettings(flags, streamId, bytes, start, end);
        return;
      case FrameType.PING:
        this.#onPing(flags, streamId, bytes, start, end);
        return;
      case FrameType.GOAWAY:
        this.#onGoAway(streamId, bytes, start, end);
        return;
      case FrameType.PRIORITY:
        this.#onPriority(streamId, end - start);
        return;
      case FrameType.PRIORITY_UPDATE:
        this.#onPriorityUpdate(streamId, bytes, start, end);
        return;
      default:
    }
  }

  onDataBegin(streamId: number, flags: number, length: number, padding: number): void {
    this.#dataStream = null;
    if (streamId === 0 || this.isIdle(streamId)) {
      this.fail(ErrorCode.PROTOCOL_ERROR, 'DATA on an idle stream');
      return;
    }
    if (!this.#inflow.take(length)) {
      this.fail(ErrorCode.FLOW_CONTROL_ERROR, 'connection window exceeded');
      return;
    }
    const stream = this.streams.get(streamId);
    if (stream === undefined) {
      if (this.toleratesClosed(streamId)) this.#grantConnection(length);
      return;
    }
    const refusal = this.#refuseData(stream, length, length - padding);
    if (refusal !== ErrorCode.NO_ERROR) {
      this.#grantConnection(length);
      this.streamError(streamId, refusal);
      return;
    }
    if (length === padding && (flags & Flag.END_STREAM) === 0 && !this.spend(Abuse.EMPTY_DATA)) return;
    this.#dataStream = stream;
    if (padding > 0) this.grant(stream, padding);
  }

  /** Whether a stream must not take this data: NO_ERROR or the code of a stream error, which leaves the stream's window untouched. */
  #refuseData(stream: Stream, length: number, content: number): number {
    if (!stream.isReceiving) return ErrorCode.STREAM_CLOSED;
    if (length > stream.receiveWindow.available) return ErrorCode.FLOW_CONTROL_ERROR;
    if (!this.mayReceiveData(stream)) return ErrorCode.PROTOCOL_ERROR;
    if (stream.expected >= 0 && content > stream.expected) return ErrorCode.PROTOCOL_ERROR;
    stream.receiveWindow.take(length);
    if (stream.expected >= 0) stream.expected -= content;
    return ErrorCode.NO_ERROR;
  }

  /** Whether the head of the message has come. */
  protected mayReceiveData(_stream: Stream): boolean {
    return true;
  }

  onDataBytes(bytes: Buffer, start: number, end: number): void {
    const stream = this.#dataStream;
    if (stream?.isReceiving) this.handler.onData(stream, bytes, start, end);
  }

  onDataEnd(flags: number): void {
    const stream = this.#dataStream;
    this.#dataStream = null;
    if (flags & Flag.END_STREAM && stream?.isReceiving) this.endedRemotely(stream);
  }

  #onHeaders(flags: number, streamId: number, bytes: Buffer, start: number, end: number): void {
    if (streamId === 0) {
      this.fail(ErrorCode.PROTOCOL_ERROR, 'HEADERS on stream 0');
      return;
    }
    if (this.writer.pending > this.context.settings.outputLimit * unreadFactor) {
      this.fail(ErrorCode.ENHANCE_YOUR_CALM, 'output is not read', 'unreadOutputs');
      return;
    }
    const fragment = this.#fragment;
    const code = readHeaders(flags, bytes, start, end, fragment);
    if (code !== ErrorCode.NO_ERROR) {
      this.fail(code, 'HEADERS');
      return;
    }
    if (flags & Flag.END_HEADERS) {
      this.onBlock(streamId, (flags & Flag.END_STREAM) !== 0, bytes, fragment.start, fragment.end);
      return;
    }
    this.#blockStream = streamId;
    this.#blockFlags = flags;
    this.#blockBytes = 0;
    this.#collect(bytes, fragment.start, fragment.end);
  }

  #onContinuation(flags: number, bytes: Buffer, start: number, end: number): void {
    this.#collect(bytes, start, end);
    if ((flags & Flag.END_HEADERS) === 0 || this.failed >= 0) return;
    const block = Buffer.concat(this.#blockPieces);
    const streamId = this.#blockStream;
    this.#blockStream = 0;
    this.#blockPieces = [];
    this.onBlock(streamId, (this.#blockFlags & Flag.END_STREAM) !== 0, block, 0, block.length);
  }

  /** Keeps a piece of a field block, within bounds (CVE-2024-27316 and its kin). */
  #collect(bytes: Buffer, start: number, end: number): void {
    this.#blockBytes += end - start;
    if (this.#blockBytes > this.context.maxBlock || this.#blockPieces.length > mostContinuations) {
      this.fail(ErrorCode.ENHANCE_YOUR_CALM, 'field block too long', 'continuationFloods');
      return;
    }
    this.#blockPieces.push(Buffer.from(bytes.subarray(start, end)));
  }

  #onPriority(streamId: number, length: number): void {
    if (streamId === 0) {
      this.fail(ErrorCode.PROTOCOL_ERROR, 'PRIORITY on stream 0');
      return;
    }
    if (!this.spend(Abuse.IDLE_FRAME) || length === priorityLength) return;
    // A stream error on an idle stream cannot be answered by RST_STREAM (RFC 9113 §6.4).
    if (this.isIdle(streamId)) this.fail(ErrorCode.FRAME_SIZE_ERROR, 'PRIORITY');
    else this.streamError(streamId, ErrorCode.FRAME_SIZE_ERROR);
  }

  #onPriorityUpdate(streamId: number, bytes: Buffer, start: number, end: number): void {
    if (streamId !== 0) {
      this.fail(ErrorCode.PROTOCOL_ERROR, 'PRIORITY_UPDATE on a stream');
      return;
    }
    if (end - start < priorityUpdateLength) {
      this.fail(ErrorCode.FRAME_SIZE_ERROR, 'PRIORITY_UPDATE');
      return;
    }
    const stream = this.streams.get(read31(bytes, start));
    if (stream) this.outflow.setPriority(stream, readPriority(bytes, start + priorityUpdateLength, end));
  }

  #onRstStream(streamId: number, bytes: Buffer, start: number, end: number): void {
    if (streamId === 0 || this.isIdle(streamId)) {
      this.fail(ErrorCode.PROTOCOL_ERROR, 'RST_STREAM on an idle stream');
      return;
    }
    if (end - start !== rstStreamLength) {
      this.fail(ErrorCode.FRAME_SIZE_ERROR, 'RST_STREAM');
      return;
    }
    const stream = this.streams.get(streamId);
    if (stream === undefined) {
      this.spend(Abuse.IDLE_FRAME);
      return;
    }
    this.remove(stream);
    this.handler.onReset(stream, read32(bytes, start), 'peer');
    this.spend(Abuse.PEER_RESET);
  }

  #onSettings(flags: number, streamId: number, bytes: Buffer, start: number, end: number): void {
    if (streamId !== 0) {
      this.fail(ErrorCode.PROTOCOL_ERROR, 'SETTINGS on a stream');
      return;
    }
    if (flags & Flag.ACK) {
      if (start !== end) {
        this.fail(ErrorCode.FRAME_SIZE_ERROR, 'SETTINGS acknowledgement');
        return;
      }
      if (this.settled) this.spend(Abuse.SETTINGS);
      else this.decoder.setLimit(this.context.settings.headerTableSize);
      this.settled = true;
      return;
    }
    if ((end - start) % settingLength !== 0) {
      this.fail(ErrorCode.FRAME_SIZE_ERROR, 'SETTINGS');
      return;
    }
    if (!this.spend(Abuse.SETTINGS, 1 + Math.floor((end - start) / settingLength / 16))) return;
    const windowBefore = this.peer.initialWindowSize;
    const code = this.peer.read(bytes, start, end);
    if (code !== ErrorCode.NO_ERROR) {
      this.fail(code, 'SETTINGS');
      return;
    }
    this.#hasPeerSettings = true;
    this.encoder.setLimit(this.peer.headerTableSize);
    writeSettingsAck(this.writer);
    this.onPeerSettings();
    this.#adjustWindows(this.peer.initialWindowSize - windowBefore);
  }

  /** The peer's settings have changed. */
  protected onPeerSettings(): void {}

  /** Changes what may be sent on every stream (RFC 9113 §6.9.2). */
  #adjustWindows(difference: number): void {
    if (difference === 0) return;
    for (const stream of [...this.streams.values()]) {
      if (!this.outflow.openStream(stream, difference)) {
        this.fail(ErrorCode.FLOW_CONTROL_ERROR, 'stream window too large');
        return;
      }
    }
    for (const stream of [...this.streams.values()]) {
      if (this.outflow.release(stream)) this.handler.onWritable(stream);
    }
  }

  #onPing(flags: number, streamId: number, bytes: Buffer, start: number, end: number): void {
    if (streamId !== 0) {
      this.fail(ErrorCode.PROTOCOL_ERROR, 'PING on a stream');
      return;
    }
    if (end - start !== pingLength) {
      this.fail(ErrorCode.FRAME_SIZE_ERROR, 'PING');
      return;
    }
    if (flags & Flag.ACK && this.#goAwayAt >= 0 && gracefulPing.compare(bytes, start, end) === 0) {
      this.#finishGoAway();
      return;
    }
    if (!this.spend(Abuse.PING) || flags & Flag.ACK) return;
    writePing(this.writer, true, bytes, start);
  }

  #onGoAway(streamId: number, bytes: Buffer, start: number, end: number): void {
    if (streamId !== 0) {
      this.fail(ErrorCode.PROTOCOL_ERROR, 'GOAWAY on a stream');
      return;
    }
    if (end - start < goAwayLength) {
      this.fail(ErrorCode.FRAME_SIZE_ERROR, 'GOAWAY');
      return;
    }
    if (this.spend(Abuse.IDLE_FRAME)) this.handler.onGoAway(read31(bytes, start), read32(bytes, start + 4));
  }

  #onWindowUpdate(streamId: number, bytes: Buffer, start: number, end: number): void {
    if (end - start !== windowUpdateLength) {
      this.fail(ErrorCode.FRAME_SIZE_ERROR, 'WINDOW_UPDATE');
      return;
    }
    const increment = read31(bytes, start);
    if (!this.spend(Abuse.WINDOW_UPDATE)) return;
    if (streamId === 0) {
      if (increment === 0) {
        this.fail(ErrorCode.PROTOCOL_ERROR, 'WINDOW_UPDATE of 0');
        return;
      }
      if (!this.outflow.openConnection(increment)) {
        this.fail(ErrorCode.FLOW_CONTROL_ERROR, 'window too large');
        return;
      }
      this.resume();
      return;
    }
    if (this.isIdle(streamId)) {
      this.fail(ErrorCode.PROTOCOL_ERROR, 'WINDOW_UPDATE on an idle stream');
      return;
    }
    const stream = this.streams.get(streamId);
    if (stream === undefined) return;
    if (increment === 0) {
      this.streamError(streamId, ErrorCode.PROTOCOL_ERROR);
      return;
    }
    if (!this.outflow.openStream(stream, increment)) {
      this.streamError(streamId, ErrorCode.FLOW_CONTROL_ERROR);
      return;
    }
    if (this.outflow.release(stream)) this.handler.onWritable(stream);
  }
}
