/** Where in a file something stands; lines and columns count from 1. */
export interface SourcePosition {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** What a {@link UserError} says beyond its message. */
export interface UserErrorDetails {
  /** Stable name that callers branch on, e.g. `port-in-use`. Text is for people only. */
  readonly code: string;
  /** Place in a file the user can edit. */
  readonly at?: SourcePosition;
  /** What the user can do about it: a sentence or two, with capital letter and full stop. */
  readonly cure?: string;
  readonly cause?: unknown;
  /** 2 for wrong usage or an invalid configuration, 1 (the default) for everything else. */
  readonly exitCode?: 1 | 2;
}

/** An error whose message is written for the person who runs Sallyport: printed without a stack. */
export class UserError extends Error {
  readonly code: string;
  readonly at: SourcePosition | undefined;
  readonly cure: string | undefined;
  readonly exitCode: 1 | 2;

  constructor(message: string, details: UserErrorDetails) {
    super(message, { cause: details.cause });
    this.name = 'UserError';
    this.code = details.code;
    this.at = details.at;
    this.cure = details.cure;
    this.exitCode = details.exitCode ?? 1;
  }
}

/** The `code` of a Node system error (`ECONNREFUSED`, `ENOENT`, …), or '' for anything else. */
export function systemErrorCode(error: unknown): string {
  if (error instanceof Error && 'code' in error && typeof error.code === 'string') return error.code;
  return '';
}

/** One line about any thrown value, safe to log: control characters are replaced. */
export function describeError(error: unknown): string {
  const text = error instanceof Error ? error.message || error.name : String(error);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: replacing control characters is the point
  return text.replace(/[\u0000-\u001f\u007f]+/g, ' ');
}
