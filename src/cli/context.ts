import type { Parts } from './parts.ts';
import type { Terminal } from './terminal.ts';

/** What every verb is given. */
export interface Context {
  readonly parts: Parts;
  readonly terminal: Terminal;
  /** Ends the process with this code once the verb is through; 0 when never called. */
  exitWith(code: 0 | 1 | 2): void;
}
