import { once } from 'node:events';
import { connect, type TLSSocket } from 'node:tls';
import { errorName } from '../../src/wire/http2/errors.ts';
import { FieldSection, SectionKind } from '../../src/wire/http2/fields/field-section.ts';
import { Flag, FrameType } from '../../src/wire/http2/frames/frame-type.ts';
import { Decoder, longestLine } from '../../src/wire/http2/hpack/decoder.ts';
import { clientPreface } from '../../src/wire/http2/server-connection.ts';
import { frame, type SeenFrame, settings, settingsAck } from '../http2/peer.ts';
import type { Scope } from './scope.ts';

const headerLength = 9;

/** An HTTP/2 client over TLS that sends exactly the frames a test wants, and writes down those that come. */
export class Http2Peer {
  readonly seen: SeenFrame[] = [];
  /** The gate has closed the connection, or reset it. */
  closed = false;
  readonly socket: TLSSocket;
  /** Whether frames of the gate are answered as a polite client does: SETTINGS and PING acknowledged. */
  polite = true;
  #pending: Buffer = Buffer.alloc(0);
  readonly #waiting = new Set<() => void>();
  readonly #decoder = new Decoder(4096, 1 << 20);
  readonly #section = new FieldSection(65536, 1000, longestLine(65536, 4096));
  readonly #heads = new Map<number, string[][]>();

  constructor(socket: TLSSocket) {
    this.socket = socket;
    socket.on('error', () => {});
    socket.on('data', (chunk: Buffer) => this.#receive(chunk));
    socket.on('close', () => {
      this.closed = true;
      this.#wake();
    });
  }

  send(...pieces: readonly Buffer[]): this {
    if (this.socket.writable) this.socket.write(Buffer.concat(pieces));
    return this;
  }

  /** Resolves when `holds`; rejects with what was seen after ten seconds, or when the connection ended without it. */
  async until(what: string, holds: () => boolean, milliseconds = 10_000): Promise<void> {
    const deadline = Date.now() + milliseconds;
    while (!holds()) {
      const left = deadline - Date.now();
      if (left <= 0 || this.closed) throw new Error(`${what} did not come; seen: ${this.#describe()}`);
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#waiting.add(resolve);
      const timer = setTimeout(resolve, left);
      await promise;
      clearTimeout(timer);
      this.#waiting.delete(resolve);
    }
  }

  of(type: number, id?: number): SeenFrame[] {
    return this.seen.filter((seen) => seen.type === type && (id === undefined || seen.id === id));
  }

  /** Resolves with the field lines of the final response, `:status` first, when the stream has ended. */
  async answer(id: number, milliseconds?: number): Promise<{ status: number; fields: string[]; body: string }> {
    const ended = (): boolean =>
      this.seen.some(
        (seen) => seen.id === id && seen.type <= FrameType.HEADERS && (seen.flags & Flag.END_STREAM) !== 0,
      );
    await this.until(`the answer on stream ${id}`, ended, milliseconds);
    const heads = (this.#heads.get(id) ?? []).filter(([status]) => Number(status) >= 200);
    const [status, ...fields] = heads[0] ?? [];
    const body = Buffer.concat(this.of(FrameType.DATA, id).map((seen) => seen.payload)).toString('latin1');
    return { status: Number(status), fields, body };
  }

  /** All heads of a stream as they came: 1xx, final, trailers. */
  headsOf(id: number): readonly (readonly string[])[] {
    return this.#heads.get(id) ?? [];
  }

  /** Resolves with the name of the code by which the gate reset the stream. */
  async reset(id: number, milliseconds?: number): Promise<string> {
    await this.until(`a reset of stream ${id}`, () => this.of(FrameType.RST_STREAM, id).length > 0, milliseconds);
    return errorName(this.of(FrameType.RST_STREAM, id)[0]?.payload.readUInt32BE(0) ?? -1);
  }

  /** Resolves with the name of the last GOAWAY's code when the gate has closed the connection; '' without one. */
  async ended(milliseconds = 10_000): Promise<string> {
    const deadline = Date.now() + milliseconds;
    while (!this.closed) {
      if (Date.now() > deadline) throw new Error(`the connection was not closed; seen: ${this.#describe()}`);
      await this.until('the end', () => this.closed, deadline - Date.now()).catch(() => {});
    }
    const last = this.of(FrameType.GOAWAY).at(-1);
    return last === undefined ? '' : errorName(last.payload.readUInt32BE(4));
  }

  destroy(): void {
    this.socket.destroy();
  }

  #wake(): void {
    for (const resolve of this.#waiting) resolve();
  }

  #describe(): string {
    const told = this.seen.slice(-20).map(({ type, flags, id, payload }) => {
      const code =
        type === FrameType.RST_STREAM
          ? payload.readUInt32BE(0)
          : type === FrameType.GOAWAY
            ? payload.readUInt32BE(4)
            : '';
      return `${type}/${flags}/${id}/${payload.length}${code === '' ? '' : ` code ${code}`}`;
    });
    return `${told.join(', ')}${this.closed ? '; closed' : ''}`;
  }

  #receive(chunk: Buffer): void {
    this.#pending = this.#pending.length === 0 ? chunk : Buffer.concat([this.#pending, chunk]);
    while (this.#pending.length >= headerLength) {
      const end = headerLength + this.#pending.readUIntBE(0, 3);
      if (this.#pending.length < end) break;
      const [type, flags, id] = [this.#pending[3]!, this.#pending[4]!, this.#pending.readUInt32BE(5)];
      this.#take({ type, flags, id, payload: Buffer.from(this.#pending.subarray(headerLength, end)) });
      this.#pending = this.#pending.subarray(end);
    }
    this.#wake();
  }

  #take(seen: SeenFrame): void {
    this.seen.push(seen);
    if (seen.type === FrameType.HEADERS) this.#readHead(seen);
    if (!this.polite || (seen.flags & Flag.ACK) !== 0) return;
    if (seen.type === FrameType.SETTINGS) this.send(settingsAck);
    if (seen.type === FrameType.PING) this.send(frame(FrameType.PING, Flag.ACK, 0, seen.payload));
  }

  #readHead({ id, payload }: SeenFrame): void {
    this.#section.begin(SectionKind.RESPONSE);
    const code = this.#decoder.decode(payload, 0, payload.length, this.#section);
    if (code !== 0) throw new Error(`field block: ${errorName(code)}`);
    const text = this.#section.bytes.toString('latin1', this.#section.fieldsStart, this.#section.end);
    const status = this.#section.pseudoText(5);
    const lines = text.split('\r\n').slice(0, -1);
    this.#heads.set(id, [...(this.#heads.get(id) ?? []), status === '' ? lines : [status, ...lines]]);
  }
}

/** Connects with TLS and ALPN `h2`, without a word. */
export async function dialHttp2(scope: Scope, port: number, name: string): Promise<Http2Peer> {
  const socket = connect({
    port,
    host: '127.0.0.1',
    servername: name,
    ALPNProtocols: ['h2'],
    rejectUnauthorized: false,
  });
  scope.after(() => void socket.destroy());
  await once(socket, 'secureConnect');
  if (socket.alpnProtocol !== 'h2') throw new Error(`ALPN gave ${socket.alpnProtocol}`);
  return new Http2Peer(socket.setNoDelay(true));
}

/** As {@link dialHttp2}, and past the greetings: preface and settings sent, the gate's acknowledged. `own` are settings to announce. */
export async function greetHttp2(
  scope: Scope,
  port: number,
  name: string,
  ...own: readonly Buffer[]
): Promise<Http2Peer> {
  const peer = await dialHttp2(scope, port, name);
  peer.send(clientPreface, settings(...own));
  await peer.until('the greetings', () => peer.of(FrameType.SETTINGS).length >= 2);
  peer.seen.length = 0;
  return peer;
}
