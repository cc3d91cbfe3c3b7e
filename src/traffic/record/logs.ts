import type { Log, LogFacts } from '../../model/log.ts';
import type { LogSettings } from '../../model/settings.ts';
import { combinedLine, jsonLine } from './access-lines.ts';
import type { AccessRecord } from './access-record.ts';
import { jsonErrorLine, type Level, textLine } from './error-line.ts';
import { LineWriter, type LineWriterOptions } from './line-writer.ts';

/** The access log. */
export interface AccessLog {
  /** False when the log is off: records need not be filled. */
  readonly enabled: boolean;
  /** Lines lost because the destination was slow or failed. */
  readonly dropped: number;
  /** Takes what it needs at once: the record may be filled anew when this returns. Never throws. */
  record(record: AccessRecord): void;
}

/** Both logs of a gateway. */
export interface Logs {
  readonly errors: Log;
  readonly access: AccessLog;
  /** Other destinations or another format from now on; throws a UserError and changes nothing when a file cannot be opened. */
  change(settings: LogSettings): Promise<void>;
  /** Opens log files again by their paths, for log rotation; rejects with a UserError when one cannot be. */
  reopen(): Promise<void>;
  /** Writes what is waiting and closes the files. */
  close(): Promise<void>;
}

/** Access lines wait this long for others to be written with them. */
const accessDelay = 100;

/** Throws a UserError `log-not-writable` when a file cannot be opened. */
export function openLogs(settings: LogSettings): Logs {
  return new GatewayLogs(settings);
}

class GatewayLogs implements Logs {
  readonly errors: ErrorLog;
  readonly access: RequestLog;
  #settings: LogSettings;

  constructor(settings: LogSettings) {
    this.#settings = settings;
    const { errors, access } = this.#open(settings);
    this.errors = new ErrorLog(errors, settings.format);
    this.access = new RequestLog(access, settings.format);
  }

  async change(settings: LogSettings): Promise<void> {
    const before = this.#settings;
    if (settings.access === before.access && settings.errors === before.errors && settings.format === before.format)
      return;
    const { errors, access } = this.#open(settings);
    this.#settings = settings;
    await Promise.all([this.errors.use(errors, settings.format), this.access.use(access, settings.format)]);
  }

  async reopen(): Promise<void> {
    await Promise.all([this.errors.writer?.reopen(), this.access.writer?.reopen()]);
  }

  async close(): Promise<void> {
    await this.access.use(null, 'combined');
    await this.errors.use(null, 'combined');
  }

  #open(settings: LogSettings): { errors: LineWriter | null; access: LineWriter | null } {
    const errors = openWriter(settings.errors, { delay: 0 });
    try {
      const access = openWriter(settings.access, {
        delay: accessDelay,
        onTrouble: (reason, droppedLines) =>
          this.errors.warn('access log cannot be written, lines are being dropped', { reason, droppedLines }),
      });
      return { errors, access };
    } catch (error) {
      void errors?.close();
      throw error;
    }
  }
}

function openWriter(target: string, options: LineWriterOptions): LineWriter | null {
  return target === 'off' ? null : new LineWriter(target, options);
}

class ErrorLog implements Log {
  writer: LineWriter | null;
  #line: typeof textLine;

  constructor(writer: LineWriter | null, format: LogSettings['format']) {
    this.writer = writer;
    this.#line = format === 'json' ? jsonErrorLine : textLine;
  }

  async use(writer: LineWriter | null, format: LogSettings['format']): Promise<void> {
    const before = this.writer;
    this.writer = writer;
    this.#line = format === 'json' ? jsonErrorLine : textLine;
    await before?.close();
  }

  error(message: string, facts?: LogFacts): void {
    this.#write('error', message, facts);
  }

  warn(message: string, facts?: LogFacts): void {
    this.#write('warn', message, facts);
  }

  info(message: string, facts?: LogFacts): void {
    this.#write('info', message, facts);
  }

  #write(level: Level, message: string, facts: LogFacts | undefined): void {
    this.writer?.write(this.#line(Date.now(), level, message, facts));
  }
}

class RequestLog implements AccessLog {
  writer: LineWriter | null;
  #line: typeof combinedLine;
  /** Lines dropped by writers that are gone. */
  #droppedBefore = 0;

  constructor(writer: LineWriter | null, format: LogSettings['format']) {
    this.writer = writer;
    this.#line = format === 'json' ? jsonLine : combinedLine;
  }

  get enabled(): boolean {
    return this.writer !== null;
  }

  get dropped(): number {
    return this.#droppedBefore + (this.writer?.dropped ?? 0);
  }

  record(record: AccessRecord): void {
    this.writer?.write(this.#line(record));
  }

  async use(writer: LineWriter | null, format: LogSettings['format']): Promise<void> {
    const before = this.writer;
    this.writer = writer;
    this.#line = format === 'json' ? jsonLine : combinedLine;
    await before?.close();
    this.#droppedBefore += before?.dropped ?? 0;
  }
}
