/** Facts beside a message; values are printed as `key=value` or as JSON members. */
export type LogFacts = Readonly<Record<string, string | number | boolean | undefined>>;

/**
 * The error log, as every part of the program sees it. Implementations escape control characters,
 * so that nothing a client sends can forge a line.
 */
export interface Log {
  error(message: string, facts?: LogFacts): void;
  warn(message: string, facts?: LogFacts): void;
  info(message: string, facts?: LogFacts): void;
}
