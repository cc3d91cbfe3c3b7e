import type { Finding } from '../control/certificates/doctor/finding.ts';
import type { SourcePosition } from '../model/errors.ts';

/** One thing the audit found out. `error`: something is reachable around the gate, or open to others. `warning`: it may be, or could not be told. */
export interface AuditFinding extends Finding {
  /** The place in a compose file it is about. */
  readonly at?: SourcePosition;
  /** The line there as it should be. */
  readonly wanted?: string;
}

/** All that an audit came to. */
export interface AuditReport {
  readonly findings: readonly AuditFinding[];
  /** What was looked at, one sentence part each. */
  readonly lookedAt: readonly string[];
  /** What was not, and so may still be open. */
  readonly notLookedAt: readonly string[];
}
