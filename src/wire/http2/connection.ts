import { Abuse } from './budgets.ts';
import type { Http2Context } from './context.ts';
import { type ConnectionHandler, Endpoint, gracefulPing } from './endpoint.ts';
import { ErrorCode } from './errors.ts';
import { BlockAssembler } from './frames/block-assembler.ts';
import { FrameReader, type FrameSink } from './frames/frame-reader.ts';
import { Flag, FrameType, read31, read32 } from './frames/frame-type.ts';
import { goAwayLength } from './frames/goaway.ts';
import { type Fragment, readHeaders } from './frames/headers.ts';
import { pingLength, writePing } from './frames/ping.ts';
import { priorityLength, priorityUpdateLength, readPriority } from './frames/priority.ts';
import { rstStreamLength } from './frames/rst-stream.ts';
import { settingLength, writeSettingsAck } from './frames/settings.ts';
import { windowUpdateLength } from './frames/window-update.ts';
import type { Encoder } from './hpack/encoder.ts';
import { type Stream, StreamState } from './streams/stream.ts';

/** Output above this multiple of the limit while the peer goes on asking. */
const unreadFactor = 8;

/** What the frames of a peer do (RFC 9113 §6), for either side. What HEADERS mean is the side's own business. */
export abstract class Connection extends Endpoint implements FrameSink {
  readonly #reader: FrameReader;
  #hasPeerSettings = false;
  /** The stream whose DATA frame is being read. */
  #dataStream: Stream | null = null;
  readonly #fragment: Fragment = { start: 0, end: 0 };
  readonly #block: BlockAssembler;

  constructor(context: Http2Context, handler: ConnectionHandler, encoder: Encoder) {
    super(context, handler, encoder);
    this.#reader = new FrameReader(this);
    this.#block = new BlockAssembler(context.maxBlock);
  }

  /** Whether a frame other than DATA or a field block has begun and not ended: what a time limit for heads is for. */
  get isMidway(): boolean {
    return this.#block.isOpen || this.#reader.isWithinFrame;
  }

  /** A whole field block. */
  protected abstract onBlock(streamId: number, endStream: boolean, bytes: Buffer, start: number, end: number): void;
  /** Whether no frame ever opened this stream. */
  protected abstract isIdle(streamId: number): boolean;

  /** Feeds frames to the reader. */
  protected readFrames(bytes: Buffer, start: number, end: number): void {
    this.#reader.read(bytes, start, end);
  }

  protected stopReading(): void {
    this.#reader.stop();
    this.#block.drop();
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

  /** The peer's message on this stream is whole. */
  protected endedRemotely(stream: Stream): void {
    if (stream.expected > 0) {
      this.streamError(stream.id, ErrorCode.PROTOCOL_ERROR);
      return;
    }
    stream.endRemote();
    if (stream.state === StreamState.CLOSED) this.finish(stream);
    if (!stream.isDropping) this.handler.onEnd(stream);
  }

  onFrameError(code: number, reason: string): void {
    this.fail(code, reason);
  }

  onFrameHeader(type: number, flags: number, streamId: number): number {
    if (!this.#hasPeerSettings && (type !== FrameType.SETTINGS || flags & Flag.ACK)) return ErrorCode.PROTOCOL_ERROR;
    if (this.#block.isOpen) {
      return type === FrameType.CONTINUATION && streamId === this.#block.streamId
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
    if (!this.inflow.take(length)) {
      this.fail(ErrorCode.FLOW_CONTROL_ERROR, 'connection window exceeded');
      return;
    }
    const stream = this.streams.get(streamId);
    if (stream === undefined) {
      if (this.toleratesClosed(streamId)) this.grantConnection(length);
      return;
    }
    const refusal = this.#refuseData(stream, length, length - padding);
    if (refusal !== ErrorCode.NO_ERROR) {
      this.grantConnection(length);
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
    if (!stream?.isReceiving) return;
    if (stream.isDropping) this.drop(stream, end - start);
    else this.handler.onData(stream, bytes, start, end);
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
    this.#block.begin(streamId, flags);
    this.#collect(bytes, fragment.start, fragment.end);
  }

  #onContinuation(flags: number, bytes: Buffer, start: number, end: number): void {
    const block = this.#block;
    this.#collect(bytes, start, end);
    if ((flags & Flag.END_HEADERS) === 0 || this.failed >= 0) return;
    const endStream = (block.flags & Flag.END_STREAM) !== 0;
    const { streamId } = block;
    const whole = block.take();
    this.onBlock(streamId, endStream, whole, 0, whole.length);
  }

  #collect(bytes: Buffer, start: number, end: number): void {
    if (this.#block.add(bytes, start, end)) return;
    this.fail(ErrorCode.ENHANCE_YOUR_CALM, 'field block too long', 'continuationFloods');
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
    if (stream.isDropping) {
      this.spend(Abuse.IDLE_FRAME);
      return;
    }
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
    this.#adjustWindows(this.peer.initialWindowSize - windowBefore);
    if (this.failed < 0) this.onPeerSettings();
  }

  /** The peer's settings have changed; streams opened now begin with its window. */
  protected onPeerSettings(): void {}

  /** Changes what may be sent on every stream (RFC 9113 §6.9.2). */
  #adjustWindows(difference: number): void {
    if (difference === 0) return;
    for (const stream of this.streams.all()) {
      if (!this.outflow.openStream(stream, difference)) {
        this.fail(ErrorCode.FLOW_CONTROL_ERROR, 'stream window too large');
        return;
      }
    }
    for (const stream of this.streams.all()) {
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
    if (flags & Flag.ACK && this.goAwayAt >= 0 && gracefulPing.compare(bytes, start, end) === 0) {
      this.finishGoAway();
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
    if (!this.spend(Abuse.IDLE_FRAME)) return;
    this.onPeerLeaves(read31(bytes, start));
    this.handler.onGoAway(read31(bytes, start), read32(bytes, start + 4));
  }

  /** The peer sent GOAWAY: it never looks at streams of ours above this one. */
  protected onPeerLeaves(_lastStreamId: number): void {}

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
