import type { Socket } from 'node:net';
import type { HeadWriter } from '../wire/http1/head-writer.ts';
import { hold, release } from './held-bytes.ts';
import { borrowPiece, isPooled, returnPiece } from './piece-pool.ts';

/** While more than this waits behind a write in flight, producers are asked to pause. */
const highWaterMark = 64 * 1024;

/**
 * A piece at least this large still in flight asks for a pause too: stopping and starting the producer costs two system
 * calls, less than copying what it would bring meanwhile.
 */
const largePiece = 16 * 1024;

/** What `Writable` passes to `_write` for a chunk that is bytes; the types know only encodings of text. */
const bytesEncoding = 'buffer' as string as BufferEncoding;

/** What a writer tells its owner. */
export interface SocketWriterOwner {
  /** Everything handed over has left; producers may go on. */
  onDrain(): void;
  /** The socket takes no more. Reading may still bring an answer. */
  onWriteError(error: Error): void;
}

/**
 * The only way the data plane writes to a socket: one write in flight, what comes meanwhile is gathered and leaves
 * together when it completes. It stands below `Writable`, calling the socket's documented `_write` directly, which saves
 * a tenth of a small request's CPU time; so nobody else may call `write` or `end(data)` on the same socket, and a second
 * `_write` during one in flight (fatal for the process on a TLS socket) cannot happen.
 */
export class SocketWriter {
  readonly #socket: Socket;
  readonly #owner: SocketWriterOwner;
  /** TLS encrypts or copies before `_write` returns; a plain socket may go on using the memory until the write completes. */
  readonly #retains: boolean;
  #inFlight = false;
  #inFlightBytes = 0;
  /** Holds the copy of what is in flight. */
  #borrowed: Buffer | null = null;
  #corked: boolean;
  #ending = false;
  #failed = false;
  #waiting: Buffer[] = [];
  #waitingBytes = 0;
  /** A producer was told to pause. */
  #promisedDrain = false;
  /** Bytes handed over so far. */
  bytesWritten = 0;

  constructor(socket: Socket, owner: SocketWriterOwner, secure: boolean, corked: boolean) {
    this.#socket = socket;
    this.#owner = owner;
    this.#retains = !secure;
    this.#corked = corked;
  }

  /** Nothing is in flight or waiting. */
  get idle(): boolean {
    return !this.#inFlight && this.#waitingBytes === 0;
  }

  /** So much is waiting that nothing new should be begun until `onDrain`, which will come. */
  full(): boolean {
    return !this.#accepts(0);
  }

  /**
   * Writes `bytes[start, end)`. `shared` memory is overwritten by its owner after this call returns, so it is copied
   * where needed. Returns false when the producer should pause until `onDrain`.
   */
  write(bytes: Buffer, start: number, end: number, shared: boolean): boolean {
    if (start === end) return true;
    this.bytesWritten += end - start;
    const piece = start === 0 && end === bytes.length ? bytes : bytes.subarray(start, end);
    if (this.#inFlight || this.#corked) return this.#gather(shared ? Buffer.from(piece) : piece);
    this.#dispatch(shared && this.#retains ? this.#copy(piece) : piece);
    return this.#accepts(piece.length);
  }

  /** Writes what `head` has composed. */
  writeHead(head: HeadWriter): boolean {
    this.bytesWritten += head.length;
    const piece = head.composed();
    if (this.#inFlight || this.#corked) return this.#gather(Buffer.from(piece));
    this.#dispatch(piece);
    if (this.#inFlight && this.#retains) head.renew();
    return this.#accepts(piece.length);
  }

  /** Asks for `onDrain` when the write in flight is done. */
  requestDrain(): void {
    this.#promisedDrain = true;
  }

  /** Holds writes back until {@link uncork}: while a connection is made, or to send a head and its body together. */
  cork(): void {
    this.#corked = true;
  }

  uncork(): void {
    this.#corked = false;
    if (!this.#inFlight) this.#flush();
  }

  /** Closes the writing side once everything has left. */
  end(): void {
    if (this.#ending) return;
    this.#ending = true;
    if (this.idle) this.#socket.end();
  }

  #accepts(inFlight: number): boolean {
    if (!this.#inFlight && !this.#corked) return true;
    if (this.#waitingBytes <= highWaterMark && inFlight < largePiece) return true;
    this.#promisedDrain = true;
    return false;
  }

  #gather(piece: Buffer): boolean {
    if (this.#failed) return true;
    this.#waiting.push(piece);
    this.#waitingBytes += piece.length;
    hold(piece.length);
    return this.#accepts(0);
  }

  #copy(piece: Buffer): Buffer {
    if (!isPooled(piece.length)) return Buffer.from(piece);
    this.#borrowed = borrowPiece();
    piece.copy(this.#borrowed);
    return this.#borrowed.subarray(0, piece.length);
  }

  #dispatch(piece: Buffer): void {
    if (this.#failed) return;
    this.#inFlight = true;
    this.#inFlightBytes = piece.length;
    hold(piece.length);
    this.#socket._write(piece, bytesEncoding, this.#written);
  }

  /** May run before `_write` returns. */
  readonly #written = (error?: Error | null): void => {
    this.#inFlight = false;
    release(this.#inFlightBytes);
    if (this.#borrowed !== null) {
      returnPiece(this.#borrowed);
      this.#borrowed = null;
    }
    if (error) {
      this.#failed = true;
      release(this.#waitingBytes);
      this.#waiting = [];
      this.#waitingBytes = 0;
      this.#owner.onWriteError(error);
      return;
    }
    if (this.#waitingBytes > 0 || this.#promisedDrain || this.#ending) this.#flush();
  };

  #flush(): void {
    if (this.#corked) return;
    if (this.#waitingBytes > 0) {
      const pieces = this.#waiting;
      release(this.#waitingBytes);
      this.#waiting = [];
      this.#waitingBytes = 0;
      this.#dispatch(pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces));
      if (this.#inFlight) return;
    }
    if (this.#inFlight) return;
    if (this.#promisedDrain) {
      this.#promisedDrain = false;
      this.#owner.onDrain();
    }
    if (this.#ending && this.idle) this.#socket.end();
  }
}
