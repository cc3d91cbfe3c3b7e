import { ClientConnection, type RequestPseudo } from '../../src/wire/http2/client-connection.ts';
import { Http2Context } from '../../src/wire/http2/context.ts';
import type { Stream } from '../../src/wire/http2/streams/stream.ts';
import { fieldsOf } from './gate.ts';

/** An answer as it comes in; `done` settles when it is whole, or rejects with the code of a reset. */
export class TestAnswer {
  status = 0;
  fields = '';
  readonly early: number[] = [];
  readonly pieces: Buffer[] = [];
  trailers = '';
  stream: Stream | null = null;
  unsent: Buffer = Buffer.alloc(0);
  requestTrailers: readonly [string, string][] | null = null;
  readonly done: Promise<void>;
  finish: () => void = () => {};
  fail: (reason: Error) => void = () => {};

  constructor() {
    this.done = new Promise((resolve, reject) => {
      this.finish = resolve;
      this.fail = reject;
    });
    this.done.catch(() => {});
  }

  get body(): Buffer {
    return Buffer.concat(this.pieces);
  }
}

/** Pseudo-fields in the shape in which a request's head has them. */
export function pseudoOf(values: Readonly<Record<number, string>>): RequestPseudo {
  const pseudo = new Int32Array(14);
  let text = ' ';
  for (const [id, value] of Object.entries(values)) {
    pseudo[2 * Number(id)] = text.length;
    text += value;
    pseudo[2 * Number(id) + 1] = text.length;
  }
  return { bytes: Buffer.from(text, 'latin1'), pseudo };
}

/** A client connection without a socket, with answers collected. */
export class TestClient {
  readonly context = new Http2Context();
  readonly connection: ClientConnection;
  readonly failures: { readonly code: number; readonly reason: string }[] = [];
  goneAbove = -1;

  constructor() {
    const of = (stream: Stream): TestAnswer => stream.exchange as TestAnswer;
    this.connection = new ClientConnection(this.context, {
      onResponse: (stream, status, head, ended) => {
        of(stream).status = status;
        of(stream).fields = head.bytes.toString('latin1', head.fieldsStart, head.end);
        if (ended) of(stream).finish();
      },
      onInformational: (stream, status) => {
        of(stream).early.push(status);
      },
      onSettings: () => {},
      onData: (stream, bytes, start, end) => {
        of(stream).pieces.push(Buffer.from(bytes.subarray(start, end)));
        this.connection.grant(stream, end - start);
      },
      onTrailers: (stream, section) => {
        of(stream).trailers = section.bytes.toString('latin1', section.fieldsStart, section.end);
      },
      onEnd: (stream) => of(stream).finish(),
      onReset: (stream, code, by) => of(stream).fail(new Error(`reset ${code} by ${by}`)),
      onWritable: (stream) => this.#pump(of(stream)),
      onGoAway: (lastStreamId) => {
        this.goneAbove = lastStreamId;
      },
      onFailed: (code, reason) => {
        this.failures.push({ code, reason });
      },
    });
  }

  request(
    method: string,
    path: string,
    fields: readonly [string, string][] = [],
    body: Buffer = Buffer.alloc(0),
    trailers: readonly [string, string][] | null = null,
  ): TestAnswer {
    const answer = new TestAnswer();
    const whole = body.length === 0 && trailers === null;
    const pseudo = pseudoOf({ 1: 'localhost', 2: method, 3: path, 4: 'http' });
    answer.stream = this.connection.request(pseudo, fieldsOf(fields), whole);
    if (answer.stream === null) throw new Error('no stream');
    answer.stream.exchange = answer;
    answer.unsent = body;
    answer.requestTrailers = trailers;
    if (!whole) this.#pump(answer);
    return answer;
  }

  #pump(answer: TestAnswer): void {
    const { stream, unsent } = answer;
    if (stream === null) return;
    const taken = this.connection.data(stream, unsent, 0, unsent.length, answer.requestTrailers === null);
    answer.unsent = unsent.subarray(taken);
    if (answer.unsent.length > 0 || answer.requestTrailers === null) return;
    this.connection.trailers(stream, fieldsOf(answer.requestTrailers));
    answer.requestTrailers = null;
  }

  /** All output so far. */
  take(): Buffer {
    const pieces: Buffer[] = [];
    for (let arena = this.connection.takeOutput(); arena !== null; arena = this.connection.takeOutput()) {
      pieces.push(Buffer.from(arena.bytes.subarray(0, arena.length)));
      this.context.arenas.give(arena);
      this.connection.resume();
    }
    return Buffer.concat(pieces);
  }
}
