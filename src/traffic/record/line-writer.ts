import { type Destination, openDestination } from './destination.ts';

export interface LineWriterOptions {
  /** Milliseconds a line may wait for others to be written with it; 0 writes at once. */
  readonly delay: number;
  /** Told that lines are being dropped: at once, then at most every ten minutes. `dropped` counts from the start. */
  readonly onTrouble?: (reason: string, dropped: number) => void;
}

/** Written as soon as this much has come together. */
const batchLength = 64 * 1024;
/** What may wait while a write is under way; lines beyond it are dropped. */
const longestBacklog = 4 * 1024 * 1024;
const troubleInterval = 600_000;

/** Writers with a chance to write when the process ends without closing them. */
const openWriters = new Set<LineWriter>();

function writeOnExit(): void {
  for (const writer of openWriters) writer.writeNow();
}

/**
 * Collects lines and writes many at a time; one write is under way at most.
 * Never blocks and never throws: when the destination is slow or fails, lines are dropped and counted.
 */
export class LineWriter {
  /** Lines lost so far. */
  dropped = 0;
  readonly #target: string;
  readonly #options: LineWriterOptions;
  #destination: Destination;
  #pending = '';
  #pendingLines = 0;
  #timer: NodeJS.Timeout | null = null;
  #writing = false;
  #troubleToldAt = Number.NEGATIVE_INFINITY;
  #idle: (() => void)[] = [];

  /** Throws a UserError `log-not-writable`. `target` as in {@link openDestination}. */
  constructor(target: string, options: LineWriterOptions) {
    this.#target = target;
    this.#options = options;
    this.#destination = openDestination(target);
    if (openWriters.size === 0) process.on('exit', writeOnExit);
    openWriters.add(this);
  }

  /** Takes one line: ASCII, ending in a newline. */
  write(line: string): void {
    if (this.#pending.length + line.length > longestBacklog) {
      this.#drop(1, 'too slow');
      return;
    }
    this.#pending += line;
    this.#pendingLines++;
    if (this.#writing) return;
    if (this.#options.delay === 0 || this.#pending.length >= batchLength) this.#flush();
    else this.#timer ??= setTimeout(this.#flush, this.#options.delay).unref();
  }

  /** Resolves when everything taken so far is written or dropped. */
  flush(): Promise<void> {
    this.#flush();
    if (!this.#writing) return Promise.resolve();
    return new Promise((resolve) => this.#idle.push(resolve));
  }

  /** Writes what there is and opens the file again by its path. Rejects with a UserError and goes on with the old one if that fails. */
  async reopen(): Promise<void> {
    const next = openDestination(this.#target);
    await this.flush();
    this.#destination.close();
    this.#destination = next;
  }

  async close(): Promise<void> {
    await this.flush();
    openWriters.delete(this);
    if (openWriters.size === 0) process.off('exit', writeOnExit);
    this.#destination.close();
  }

  /** Writes what is waiting, as far as the destination takes it at once: the process is ending. */
  writeNow(): void {
    if (this.#pendingLines > 0) this.#destination.writeNow(Buffer.from(this.#pending, 'latin1'));
    this.#pending = '';
    this.#pendingLines = 0;
  }

  readonly #flush = (): void => {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
    if (this.#writing) return;
    if (this.#pendingLines === 0) {
      this.#announceIdle();
      return;
    }
    const octets = Buffer.from(this.#pending, 'latin1');
    const lines = this.#pendingLines;
    this.#pending = '';
    this.#pendingLines = 0;
    this.#writing = true;
    this.#destination.write(octets, (error) => this.#written(lines, error));
  };

  #written(lines: number, error: Error | null): void {
    this.#writing = false;
    if (error) this.#drop(lines, error.message);
    this.#flush();
  }

  #drop(lines: number, reason: string): void {
    this.dropped += lines;
    const now = performance.now();
    if (now - this.#troubleToldAt < troubleInterval) return;
    this.#troubleToldAt = now;
    this.#options.onTrouble?.(reason, this.dropped);
  }

  #announceIdle(): void {
    const waiting = this.#idle;
    this.#idle = [];
    for (const resolve of waiting) resolve();
  }
}
