import { ErrorCode } from '../errors.ts';
import { Flag, FrameType, frameHeaderLength, leastMaxFrameSize, read31 } from './frame-type.ts';

/** Who receives what the reader cuts from the stream of octets. Ranges are valid during the call only. */
export interface FrameSink {
  /** A frame begins. Returns NO_ERROR, or the code of the connection error that it is. */
  onFrameHeader(type: number, flags: number, streamId: number): number;
  /** A whole frame other than DATA. */
  onFrame(type: number, flags: number, streamId: number, bytes: Buffer, start: number, end: number): void;
  /** A DATA frame begins; `length` counts its padding (RFC 9113 §6.9.1), `padding` the octets that are no data. */
  onDataBegin(streamId: number, flags: number, length: number, padding: number): void;
  /** Data of the frame, as it comes. */
  onDataBytes(bytes: Buffer, start: number, end: number): void;
  /** The DATA frame is over, its padding too. */
  onDataEnd(flags: number): void;
  /** A connection error in the framing itself. */
  onFrameError(code: number, reason: string): void;
}

/*
 *   HEADER --> PAYLOAD --> HEADER         whole frames
 *      |-----> SKIP ---------^            frames of unknown types
 *      |--> PAD_LENGTH --> DATA --> PADDING --> HEADER
 */
const State = Object.freeze({ HEADER: 0, PAYLOAD: 1, SKIP: 2, PAD_LENGTH: 3, DATA: 4, PADDING: 5 });

/** Cuts frames (RFC 9113 §4.1). Holds at most one frame; DATA and unknown frames are never held. */
export class FrameReader {
  readonly #sink: FrameSink;
  readonly #maxFrame: number;
  #state: number = State.HEADER;
  readonly #header = Buffer.allocUnsafe(frameHeaderLength);
  #have = 0;
  #type = 0;
  #flags = 0;
  #streamId = 0;
  /** Octets of this part of the frame still to come. */
  #left = 0;
  #padding = 0;
  #payload: Buffer | null = null;
  #stopped = false;

  /** `maxFrame`: SETTINGS_MAX_FRAME_SIZE as announced. */
  constructor(sink: FrameSink, maxFrame: number = leastMaxFrameSize) {
    this.#sink = sink;
    this.#maxFrame = maxFrame;
  }

  /** Ignores everything from here on. */
  stop(): void {
    this.#stopped = true;
    this.#payload = null;
  }

  /** Whether the last octet read ended a frame. */
  get isBetweenFrames(): boolean {
    return this.#state === State.HEADER && this.#have === 0;
  }

  read(bytes: Buffer, start: number, end: number): void {
    let at = start;
    while (at < end && !this.#stopped) {
      switch (this.#state) {
        case State.HEADER:
          at = this.#readHeader(bytes, at, end);
          break;
        case State.PAYLOAD:
          at = this.#readPayload(bytes, at, end);
          break;
        case State.PAD_LENGTH:
          this.#beginData(bytes[at++]!);
          break;
        case State.DATA:
          at = this.#readData(bytes, at, end);
          break;
        default:
          at = this.#readIgnored(at, end);
      }
    }
  }

  #readHeader(bytes: Buffer, at: number, end: number): number {
    if (this.#have === 0 && end - at >= frameHeaderLength) {
      this.#begin(bytes, at);
      return at + frameHeaderLength;
    }
    const count = Math.min(end - at, frameHeaderLength - this.#have);
    bytes.copy(this.#header, this.#have, at, at + count);
    this.#have += count;
    if (this.#have === frameHeaderLength) {
      this.#have = 0;
      this.#begin(this.#header, 0);
    }
    return at + count;
  }

  #begin(header: Buffer, at: number): void {
    const length = (header[at]! << 16) | (header[at + 1]! << 8) | header[at + 2]!;
    const type = header[at + 3]!;
    const flags = header[at + 4]!;
    this.#type = type;
    this.#flags = flags;
    this.#streamId = read31(header, at + 5);
    this.#left = length;
    if (length > this.#maxFrame) {
      this.#fail(ErrorCode.FRAME_SIZE_ERROR, 'frame too large');
      return;
    }
    const code = this.#sink.onFrameHeader(type, flags, this.#streamId);
    if (code !== ErrorCode.NO_ERROR) {
      this.#fail(code, 'frame out of place');
      return;
    }
    if (type === FrameType.DATA) {
      if ((flags & Flag.PADDED) === 0) this.#beginData(-1);
      else if (length === 0) this.#fail(ErrorCode.FRAME_SIZE_ERROR, 'DATA without its pad length');
      else this.#state = State.PAD_LENGTH;
    } else if (type > FrameType.CONTINUATION && type !== FrameType.PRIORITY_UPDATE) {
      this.#state = length === 0 ? State.HEADER : State.SKIP;
    } else if (length === 0) {
      this.#sink.onFrame(type, flags, this.#streamId, header, at, at);
    } else {
      this.#state = State.PAYLOAD;
    }
  }

  #readPayload(bytes: Buffer, at: number, end: number): number {
    const length = this.#left;
    if (this.#payload === null) {
      if (end - at >= length) {
        this.#state = State.HEADER;
        this.#sink.onFrame(this.#type, this.#flags, this.#streamId, bytes, at, at + length);
        return at + length;
      }
      this.#payload = Buffer.allocUnsafe(length);
    }
    const count = Math.min(end - at, length - this.#have);
    bytes.copy(this.#payload, this.#have, at, at + count);
    this.#have += count;
    if (this.#have === length) {
      const payload = this.#payload;
      this.#payload = null;
      this.#have = 0;
      this.#state = State.HEADER;
      this.#sink.onFrame(this.#type, this.#flags, this.#streamId, payload, 0, length);
    }
    return at + count;
  }

  /** `padLength` -1: the frame is not padded. */
  #beginData(padLength: number): void {
    const length = this.#left;
    this.#padding = Math.max(padLength, 0);
    if (padLength >= 0) this.#left--;
    if (this.#padding > this.#left) {
      this.#fail(ErrorCode.PROTOCOL_ERROR, 'padding longer than its frame');
      return;
    }
    this.#left -= this.#padding;
    this.#state = State.DATA;
    this.#sink.onDataBegin(this.#streamId, this.#flags, length, length - this.#left);
    if (this.#left === 0) this.#endData();
  }

  #readData(bytes: Buffer, at: number, end: number): number {
    const count = Math.min(end - at, this.#left);
    this.#left -= count;
    this.#sink.onDataBytes(bytes, at, at + count);
    if (this.#left === 0) this.#endData();
    return at + count;
  }

  /** The data is complete; the padding, which says nothing, may still be under way. */
  #endData(): void {
    this.#left = this.#padding;
    this.#state = this.#left === 0 ? State.HEADER : State.PADDING;
    if (this.#left === 0 && !this.#stopped) this.#sink.onDataEnd(this.#flags);
  }

  #readIgnored(at: number, end: number): number {
    const count = Math.min(end - at, this.#left);
    this.#left -= count;
    if (this.#left === 0) {
      const wasData = this.#state === State.PADDING;
      this.#state = State.HEADER;
      if (wasData) this.#sink.onDataEnd(this.#flags);
    }
    return at + count;
  }

  #fail(code: number, reason: string): void {
    this.stop();
    this.#sink.onFrameError(code, reason);
  }
}
