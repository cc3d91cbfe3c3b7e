import { defaultHttp2Settings, Http2Context, type Http2Settings } from '../../src/wire/http2/context.ts';
import { errorName } from '../../src/wire/http2/errors.ts';
import { FieldSection, SectionKind } from '../../src/wire/http2/fields/field-section.ts';
import { Flag, FrameType } from '../../src/wire/http2/frames/frame-type.ts';
import { Decoder, longestLine } from '../../src/wire/http2/hpack/decoder.ts';
import { writeInteger } from '../../src/wire/http2/hpack/integer.ts';
import { clientPreface, ServerConnection } from '../../src/wire/http2/server-connection.ts';
import { type Answer, collecting, type Happenings, newHappenings, type TestExchange } from './gate.ts';

/** A frame as seen by a client. */
export interface SeenFrame {
  readonly type: number;
  readonly flags: number;
  readonly id: number;
  readonly payload: Buffer;
}

/** One frame as octets. */
export function frame(type: number, flags: number, id: number, payload: Buffer | readonly number[] = []): Buffer {
  const bytes = Buffer.from(payload);
  const head = Buffer.alloc(9);
  head.writeUIntBE(bytes.length, 0, 3);
  head[3] = type;
  head[4] = flags;
  head.writeUInt32BE(id, 5);
  return Buffer.concat([head, bytes]);
}

export const uint32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
};

export const setting = (id: number, value: number): Buffer => Buffer.concat([Buffer.from([0, id]), uint32(value)]);

function string(text: string): Buffer {
  const head = Buffer.alloc(8);
  return Buffer.concat([head.subarray(0, writeInteger(head, 0, 0, 0x7f, text.length)), Buffer.from(text, 'latin1')]);
}

/** A field block of literals without indexing (RFC 7541 §6.2.2), exactly as given. */
export function block(fields: readonly (readonly [string, string])[]): Buffer {
  return Buffer.concat(fields.flatMap(([name, value]) => [Buffer.from([0]), string(name), string(value)]));
}

export const getFields: readonly [string, string][] = [
  [':method', 'GET'],
  [':scheme', 'https'],
  [':authority', 'example.com'],
  [':path', '/'],
];

export const postFields: readonly [string, string][] = [[':method', 'POST'], ...getFields.slice(1)];

export function headers(id: number, fields: readonly (readonly [string, string])[], flags = 5): Buffer {
  return frame(FrameType.HEADERS, flags, id, block(fields));
}

/** A GET request without body. */
export const get = (id: number): Buffer => headers(id, getFields);
/** The head of a request whose body follows. */
export const post = (id: number, more: readonly [string, string][] = []): Buffer =>
  headers(id, [...postFields, ...more], Flag.END_HEADERS);
export const data = (id: number, text: string | Buffer, end = false): Buffer =>
  frame(FrameType.DATA, end ? Flag.END_STREAM : 0, id, Buffer.from(text));
export const rst = (id: number, code = 8): Buffer => frame(FrameType.RST_STREAM, 0, id, uint32(code));
export const windowUpdate = (id: number, increment: number): Buffer =>
  frame(FrameType.WINDOW_UPDATE, 0, id, uint32(increment));
export const ping = (text = 'pingpong', flags = 0): Buffer => frame(FrameType.PING, flags, 0, Buffer.from(text));
export const settings = (...values: Buffer[]): Buffer => frame(FrameType.SETTINGS, 0, 0, Buffer.concat(values));
export const settingsAck: Buffer = frame(FrameType.SETTINGS, Flag.ACK, 0);

/** Cuts octets into frames; throws when they do not end with one. */
export function parseFrames(bytes: Buffer): SeenFrame[] {
  const frames: SeenFrame[] = [];
  for (let at = 0; at < bytes.length; ) {
    const length = bytes.readUIntBE(at, 3);
    const end = at + 9 + length;
    if (end > bytes.length) throw new Error('output ends within a frame');
    frames.push({
      type: bytes[at + 3]!,
      flags: bytes[at + 4]!,
      id: bytes.readUInt32BE(at + 5),
      payload: Buffer.from(bytes.subarray(at + 9, end)),
    });
    at = end;
  }
  return frames;
}

/**
 * A client that speaks in frames of the test's choice to a server connection without a socket, and writes down what comes back.
 * The server answers each request with 200 and `answered`, unless told otherwise.
 */
export class ScriptedPeer {
  readonly context: Http2Context;
  readonly connection: ServerConnection;
  readonly happenings: Happenings = newHappenings();
  readonly requests: TestExchange[] = [];
  readonly seen: SeenFrame[] = [];
  readonly #decoder = new Decoder(4096, 1 << 20);
  readonly #section = new FieldSection(65536, 1000, longestLine(65536, 4096));

  constructor(
    overrides: Partial<Http2Settings> = {},
    answer: Answer = (exchange) => exchange.respond(200, [], 'answered'),
  ) {
    this.context = new Http2Context({ ...defaultHttp2Settings, ...overrides });
    const handler = collecting(
      () => this.connection,
      this.happenings,
      answer,
      (exchange) => this.requests.push(exchange),
    );
    this.connection = new ServerConnection(this.context, handler);
  }

  /** A peer that has sent its preface, empty settings and the acknowledgement, with the greetings of the server left out of `seen`. */
  static greeted(overrides: Partial<Http2Settings> = {}, answer?: Answer): ScriptedPeer {
    const peer = new ScriptedPeer(overrides, answer);
    peer.send(clientPreface, settings(), settingsAck);
    peer.seen.length = 0;
    return peer;
  }

  /** Sends octets in one piece and takes what the server says. */
  send(...pieces: readonly Buffer[]): this {
    const bytes = Buffer.concat(pieces);
    this.connection.receive(bytes, 0, bytes.length);
    return this.take();
  }

  /** Sends octets without reading. */
  sendOnly(...pieces: readonly Buffer[]): this {
    const bytes = Buffer.concat(pieces);
    this.connection.receive(bytes, 0, bytes.length);
    return this;
  }

  take(): this {
    const output: Buffer[] = [];
    for (let arena = this.connection.takeOutput(); arena !== null; arena = this.connection.takeOutput()) {
      output.push(Buffer.from(arena.bytes.subarray(0, arena.length)));
      this.context.arenas.give(arena);
      this.connection.resume();
    }
    this.seen.push(...parseFrames(Buffer.concat(output)));
    return this;
  }

  of(type: number, id?: number): SeenFrame[] {
    return this.seen.filter((seen) => seen.type === type && (id === undefined || seen.id === id));
  }

  /** Name of the connection error by GOAWAY, null without. */
  get connectionError(): string | null {
    const codes = this.of(FrameType.GOAWAY).map((seen) => seen.payload.readUInt32BE(4));
    return codes.length === 0 ? null : errorName(codes.at(-1) ?? 0);
  }

  /** Name of the code by which the server reset the stream, null when it did not. */
  resetOf(id: number): string | null {
    const reset = this.of(FrameType.RST_STREAM, id)[0];
    return reset ? errorName(reset.payload.readUInt32BE(0)) : null;
  }

  /** Body octets that came on a stream. */
  bodyOf(id: number): string {
    return Buffer.concat(this.of(FrameType.DATA, id).map((seen) => seen.payload)).toString('latin1');
  }

  /** Field lines of every HEADERS frame seen, decoded in order; call once. */
  heads(): { id: number; end: boolean; lines: string[] }[] {
    return this.of(FrameType.HEADERS).map((seen) => {
      this.#section.begin(SectionKind.RESPONSE);
      const code = this.#decoder.decode(seen.payload, 0, seen.payload.length, this.#section);
      if (code !== 0) throw new Error(`field block: ${errorName(code)}`);
      const status = this.#section.pseudoText(5);
      const text = this.#section.bytes.toString('latin1', this.#section.fieldsStart, this.#section.end);
      const lines = text.split('\r\n').slice(0, -1);
      return { id: seen.id, end: (seen.flags & Flag.END_STREAM) !== 0, lines: status ? [status, ...lines] : lines };
    });
  }
}
