import type { Arena } from './arena.ts';
import { Abuse, Budgets } from './budgets.ts';
import type { Http2Context } from './context.ts';
import { abuseCounters, type Http2Counters } from './counters.ts';
import { ErrorCode } from './errors.ts';
import type { FieldSection } from './fields/field-section.ts';
import { greatestWindow, initialWindow } from './frames/frame-type.ts';
import { FrameWriter } from './frames/frame-writer.ts';
import { writeGoAway } from './frames/goaway.ts';
import { writePing } from './frames/ping.ts';
import { writeRstStream } from './frames/rst-stream.ts';
import { PeerSettings, writeSettings } from './frames/settings.ts';
import { writeWindowUpdate } from './frames/window-update.ts';
import { Decoder } from './hpack/decoder.ts';
import type { Encoder } from './hpack/encoder.ts';
import { Outflow } from './streams/outflow.ts';
import { ReceiveWindow } from './streams/receive-window.ts';
import { Stream, StreamState } from './streams/stream.ts';
import { StreamTable } from './streams/stream-table.ts';

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
/** Octets of one request body that are taken and dropped when its answer is whole. */
const mostDropped = 1024 * 1024;
/** What our PING of a graceful end carries. */
export const gracefulPing: Buffer = Buffer.from('graceful');

/**
 * One end of a connection as its driver sees it: streams, output, flow control, errors and the ways to end. What the peer's frames do
 * to it is in `Connection`.
 */
export abstract class Endpoint {
  /** Error code of the connection error that ended it, -1 while there is none. */
  failed = -1;
  /** What the peer asked for. */
  readonly peer: PeerSettings = new PeerSettings();
  protected readonly context: Http2Context;
  protected readonly handler: ConnectionHandler;
  protected readonly writer: FrameWriter;
  protected readonly encoder: Encoder;
  protected readonly outflow: Outflow;
  protected readonly budgets: Budgets = new Budgets();
  protected readonly streams: StreamTable = new StreamTable();
  /** Highest stream that the peer opened and that was looked at. */
  protected lastPeerStream = 0;
  /** Our settings are acknowledged. */
  protected settled = false;
  protected readonly decoder: Decoder;
  protected readonly inflow: ReceiveWindow;
  #resets: Set<number> | null = null;
  readonly #turn = (stream: Stream): void => this.handler.onWritable(stream);
  #settingsSentAt = -1;
  /** Highest stream taken after the final GOAWAY, or the greatest number before it. */
  protected acceptsUpTo: number = greatestWindow;
  /** When `goAway` was called, in the time of `tick`; -1 before. */
  protected goAwayAt = -1;

  constructor(context: Http2Context, handler: ConnectionHandler, encoder: Encoder) {
    const { settings } = context;
    this.context = context;
    this.handler = handler;
    this.encoder = encoder;
    this.writer = new FrameWriter(context.arenas);
    this.outflow = new Outflow(this.writer, this.budgets, settings.outputLimit);
    this.decoder = new Decoder(settings.headerTableSize, context.mostDecoded, context.ids);
    const window = Math.max(settings.connectionWindow, initialWindow);
    this.inflow = new ReceiveWindow(window, Math.max(settings.maxConnectionWindow, window));
  }

  /** Streams open at the moment. */
  get openStreams(): number {
    return this.streams.size;
  }

  /** The streams open at the moment. */
  get open(): readonly Stream[] {
    return this.streams.all();
  }

  /** So much output waits that the driver should neither read from the peer nor from the apps until it is written. */
  get isCongested(): boolean {
    return this.outflow.isCongested;
  }

  /** Whether body octets passed now would not be taken: there is no room, or others come first. */
  get isBusy(): boolean {
    return this.outflow.isCongested || this.outflow.hasQueue;
  }

  /** Octets that `takeOutput` would give. */
  get pendingOutput(): number {
    return this.writer.pending;
  }

  /** When body octets last went into the output, in the time of `tick`. */
  get dataSentAt(): number {
    return this.outflow.progressedAt;
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
    this.stopReading();
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
    this.grantConnection(held);
  }

  protected grantConnection(count: number): void {
    if (count <= 0) return;
    const increment = this.inflow.consume(count);
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
    if (this.failed >= 0 || this.goAwayAt >= 0) return;
    this.goAwayAt = this.outflow.now;
    writeGoAway(this.writer, greatestWindow, ErrorCode.NO_ERROR, '');
    writePing(this.writer, false, gracefulPing, 0);
  }

  /** The final GOAWAY of a graceful end. */
  protected finishGoAway(): void {
    if (this.acceptsUpTo !== greatestWindow) return;
    this.acceptsUpTo = this.lastPeerStream;
    writeGoAway(this.writer, this.lastPeerStream, ErrorCode.NO_ERROR, '');
  }

  /** Time passed: the driver calls this when the connection is made and then about once a second, with milliseconds that only go forward. */
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
    if (this.goAwayAt >= 0 && now - this.goAwayAt > 2000) this.finishGoAway();
    if (stallTimeout <= 0 || !this.outflow.hasBlocked) return;
    for (const stream of this.streams.all()) {
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
    this.stopReading();
    writeGoAway(this.writer, Math.min(this.lastPeerStream, this.acceptsUpTo), code, reason);
    this.#endAll(code, 'us');
    this.handler.onFailed(code, reason);
  }

  #endAll(code: number, by: Side): void {
    for (const stream of this.streams.all()) {
      this.remove(stream);
      if (!stream.isDropping) this.handler.onReset(stream, code, by);
    }
  }

  // What subclasses say.

  /** Nothing the peer sends matters any more. */
  protected abstract stopReading(): void;
  /** Our END_STREAM went out. */
  protected abstract endedLocally(stream: Stream): void;

  // What subclasses use.

  /** Writes our SETTINGS and opens the connection's window. */
  protected announce(settings: readonly (readonly [number, number])[]): void {
    writeSettings(this.writer, settings);
    const increment = this.inflow.size - initialWindow;
    if (increment > 0) writeWindowUpdate(this.writer, 0, increment);
  }

  protected newStream(id: number): Stream {
    const { streamWindow, maxStreamWindow } = this.context.settings;
    // Before the peer has our settings it may count on the initial window.
    const window = this.settled ? streamWindow : Math.max(streamWindow, initialWindow);
    const receiveWindow = new ReceiveWindow(window, Math.max(window, maxStreamWindow));
    const stream = new Stream(id, this.peer.initialWindowSize, receiveWindow);
    this.streams.add(stream);
    return stream;
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
    if (!stream.isDropping) this.handler.onReset(stream, code, 'us');
  }

  /**
   * Drops octets of a body whose answer is whole. Some are granted again, so that a small rest ends by itself; with more, the
   * window closes and `tick` resets the stream.
   */
  protected drop(stream: Stream, count: number): void {
    stream.dropped += count;
    if (stream.dropped <= mostDropped) {
      this.grant(stream, count);
      return;
    }
    stream.receiveWindow.held -= count;
    this.grantConnection(count);
  }

  /** Takes the stream from the tables; what its reader still holds no longer counts. */
  protected remove(stream: Stream): void {
    this.streams.delete(stream);
    stream.state = StreamState.CLOSED;
    this.outflow.forget(stream);
    const { held } = stream.receiveWindow;
    stream.receiveWindow.held = 0;
    this.grantConnection(held);
  }

  /** Frames for this stream may still be under way and are no error. */
  protected remember(streamId: number): void {
    this.#resets ??= new Set();
    this.#resets.add(streamId);
    if (this.#resets.size <= rememberedResets) return;
    for (const oldest of this.#resets) {
      this.#resets.delete(oldest);
      return;
    }
  }

  /** A frame for a stream that is over (RFC 9113 §5.1): false when it is an error and the connection failed. */
  protected toleratesClosed(streamId: number): boolean {
    if (this.#resets?.has(streamId) || streamId > this.acceptsUpTo) return this.spend(Abuse.IDLE_FRAME);
    this.fail(ErrorCode.STREAM_CLOSED, 'frame on a closed stream');
    return false;
  }

  /** Both messages are whole. */
  protected finish(stream: Stream): void {
    this.remove(stream);
    this.budgets.earn();
  }
}
