import type { Log, LogFacts } from '../../src/model/log.ts';

/** A log that keeps its lines, `level message key=value …`. */
export interface MemoryLog extends Log {
  readonly lines: readonly string[];
  /** The lines of one level. */
  of(level: 'error' | 'warn' | 'info'): readonly string[];
  clear(): void;
}

export function memoryLog(): MemoryLog {
  const lines: string[] = [];
  const write =
    (level: string) =>
    (message: string, facts: LogFacts = {}): void => {
      lines.push([level, message, ...Object.entries(facts).map(([key, value]) => `${key}=${value}`)].join(' '));
    };
  return {
    lines,
    of: (level) => lines.filter((line) => line.startsWith(`${level} `)),
    clear: () => lines.splice(0),
    error: write('error'),
    warn: write('warn'),
    info: write('info'),
  };
}

/** A log that forgets. */
export const silentLog: Log = { error() {}, warn() {}, info() {} };
