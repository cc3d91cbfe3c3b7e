import { ErrorCode } from '../errors.ts';
import {
  Flag,
  FrameType,
  frameHeaderLength,
  greatestMaxFrameSize,
  greatestWindow,
  initialWindow,
  leastMaxFrameSize,
  read32,
  write32,
} from './frame-type.ts';
import type { FrameWriter } from './frame-writer.ts';

/** Settings (RFC 9113 §6.5.2, RFC 8441 §3, RFC 9218 §2.1). */
export const SettingId = Object.freeze({
  HEADER_TABLE_SIZE: 0x1,
  ENABLE_PUSH: 0x2,
  MAX_CONCURRENT_STREAMS: 0x3,
  INITIAL_WINDOW_SIZE: 0x4,
  MAX_FRAME_SIZE: 0x5,
  MAX_HEADER_LIST_SIZE: 0x6,
  ENABLE_CONNECT_PROTOCOL: 0x8,
  NO_RFC7540_PRIORITIES: 0x9,
});

/** Octets of one setting. */
export const settingLength = 6;

/** What a peer has told us, starting from the initial values. */
export class PeerSettings {
  headerTableSize = 4096;
  enablePush = 1;
  maxConcurrentStreams = 2 ** 32 - 1;
  initialWindowSize: number = initialWindow;
  maxFrameSize: number = leastMaxFrameSize;
  maxHeaderListSize = 2 ** 32 - 1;
  enableConnectProtocol = 0;
  noRfc7540Priorities = 0;

  /**
   * Takes the settings of one frame in order; unknown ones are ignored. The length is a multiple of `settingLength`.
   * Returns NO_ERROR or the code of a connection error (RFC 9113 §6.5.2).
   */
  read(bytes: Buffer, start: number, end: number): number {
    for (let at = start; at < end; at += settingLength) {
      const code = this.#set((bytes[at]! << 8) | bytes[at + 1]!, read32(bytes, at + 2));
      if (code !== ErrorCode.NO_ERROR) return code;
    }
    return ErrorCode.NO_ERROR;
  }

  #set(id: number, value: number): number {
    switch (id) {
      case SettingId.HEADER_TABLE_SIZE:
        this.headerTableSize = value;
        break;
      case SettingId.ENABLE_PUSH:
        if (value > 1) return ErrorCode.PROTOCOL_ERROR;
        this.enablePush = value;
        break;
      case SettingId.MAX_CONCURRENT_STREAMS:
        this.maxConcurrentStreams = value;
        break;
      case SettingId.INITIAL_WINDOW_SIZE:
        if (value > greatestWindow) return ErrorCode.FLOW_CONTROL_ERROR;
        this.initialWindowSize = value;
        break;
      case SettingId.MAX_FRAME_SIZE:
        if (value < leastMaxFrameSize || value > greatestMaxFrameSize) return ErrorCode.PROTOCOL_ERROR;
        this.maxFrameSize = value;
        break;
      case SettingId.MAX_HEADER_LIST_SIZE:
        this.maxHeaderListSize = value;
        break;
      case SettingId.ENABLE_CONNECT_PROTOCOL:
        // Once on, it cannot be taken back (RFC 8441 §3).
        if (value > 1 || value < this.enableConnectProtocol) return ErrorCode.PROTOCOL_ERROR;
        this.enableConnectProtocol = value;
        break;
      case SettingId.NO_RFC7540_PRIORITIES:
        if (value > 1) return ErrorCode.PROTOCOL_ERROR;
        this.noRfc7540Priorities = value;
        break;
      default:
    }
    return ErrorCode.NO_ERROR;
  }
}

/** Writes a SETTINGS frame of (identifier, value) pairs (RFC 9113 §6.5). */
export function writeSettings(writer: FrameWriter, settings: readonly (readonly [id: number, value: number])[]): void {
  const length = settings.length * settingLength;
  writer.reserve(frameHeaderLength + length);
  writer.header(length, FrameType.SETTINGS, 0, 0);
  for (const [id, value] of settings) {
    writer.bytes[writer.at] = id >>> 8;
    writer.bytes[writer.at + 1] = id;
    write32(writer.bytes, writer.at + 2, value);
    writer.at += settingLength;
  }
}

export function writeSettingsAck(writer: FrameWriter): void {
  writer.reserve(frameHeaderLength);
  writer.header(0, FrameType.SETTINGS, Flag.ACK, 0);
}
