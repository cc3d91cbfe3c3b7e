import type { Log } from '../../src/model/log.ts';

/** A log that only remembers. */
export class MemoryLog implements Log {
  readonly lines: string[] = [];

  error(message: string, facts: object = {}): void {
    this.lines.push(`error ${message} ${JSON.stringify(facts)}`);
  }

  warn(message: string, facts: object = {}): void {
    this.lines.push(`warn ${message} ${JSON.stringify(facts)}`);
  }

  info(message: string, facts: object = {}): void {
    this.lines.push(`info ${message} ${JSON.stringify(facts)}`);
  }
}

export const silentLog: Log = { error() {}, warn() {}, info() {} };
