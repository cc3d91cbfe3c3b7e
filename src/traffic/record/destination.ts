import { closeSync, constants, openSync, write, writeSync } from 'node:fs';
import type { Writable } from 'node:stream';
import { describeError, UserError } from '../../model/errors.ts';

/** Takes whole batches of lines, one at a time. */
export interface Destination {
  /** Calls back when all octets are gone or an error stopped them; never throws. */
  write(octets: Buffer, done: (error: Error | null) => void): void;
  /** As far as it can be written at once, on the way out of the process. Never throws. */
  writeNow(octets: Buffer): void;
  /** Called when no write is running. */
  close(): void;
}

/** `stdout`, `stderr` or an absolute path; throws a UserError `log-not-writable` when the file cannot be opened. */
export function openDestination(target: string): Destination {
  if (target === 'stdout') return new StreamDestination(process.stdout);
  if (target === 'stderr') return new StreamDestination(process.stderr);
  return new FileDestination(target);
}

const guarded = new WeakSet<Writable>();

/** Standard output or error. A pipe that nobody reads makes writes wait without holding up the process. */
class StreamDestination implements Destination {
  readonly #stream: Writable;

  constructor(stream: Writable) {
    this.#stream = stream;
    if (guarded.has(stream)) return;
    guarded.add(stream);
    // The reader of the pipe may go away at any time: writes then fail by their callback.
    stream.on('error', () => {});
  }

  write(octets: Buffer, done: (error: Error | null) => void): void {
    this.#stream.write(octets, (error) => done(error ?? null));
  }

  writeNow(octets: Buffer): void {
    this.#stream.write(octets, () => {});
  }

  close(): void {}
}

/** Non-blocking, so that opening a named pipe without a reader fails instead of hanging. */
const flags = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NONBLOCK;

/** A file that is appended to; created for its owner and group alone. */
class FileDestination implements Destination {
  readonly #descriptor: number;

  constructor(path: string) {
    try {
      this.#descriptor = openSync(path, flags, 0o640);
    } catch (error) {
      throw new UserError(`The log file ${path} cannot be opened: ${describeError(error)}`, {
        code: 'log-not-writable',
        cure: 'Create its directory, make it writable for the user that runs Sallyport, or choose another path under `logs`.',
        cause: error,
      });
    }
  }

  write(octets: Buffer, done: (error: Error | null) => void): void {
    write(this.#descriptor, octets, (error, written) => {
      if (error) done(error);
      else if (written < octets.length) this.write(octets.subarray(written), done);
      else done(null);
    });
  }

  writeNow(octets: Buffer): void {
    try {
      writeSync(this.#descriptor, octets);
    } catch {
      // The process is ending: there is nobody left to tell.
    }
  }

  close(): void {
    closeSync(this.#descriptor);
  }
}
