/** What is wrong or doubtful about a piece of text; never quotes it, for it can be a secret. */
export interface TextFault {
  readonly what: string;
  readonly wanted?: string;
  /** What to do about it, one sentence. */
  readonly cure?: string;
}
