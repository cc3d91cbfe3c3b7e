/** `error`: an order would fail. `warning`: it may, or soon will. `ok`: looked at and found good. */
type FindingLevel = 'error' | 'warning' | 'ok';

/** One thing the doctor found out. */
export interface Finding {
  readonly level: FindingLevel;
  /** Stable, for scripts: `port-80-closed`, `caa-forbids`, … */
  readonly code: string;
  /** The name or address it is about. */
  readonly subject: string;
  /** What is the matter, one sentence. */
  readonly cause: string;
  /** What was seen: records, addresses, status codes. */
  readonly evidence: string;
  /** What to do; '' when nothing need be done. */
  readonly cure: string;
}

export function good(code: string, subject: string, cause: string, evidence: string): Finding {
  return { level: 'ok', code, subject, cause, evidence, cure: '' };
}
