import type { Config } from '../control/config/schema.ts';

/**
 * What became of a directive of another server's configuration. carried: it means the same, or Sallyport does it by itself.
 * approximated: nearly the same, the note says what differs. refused: it has no equal here, the note names the cure.
 */
export type Verdict = 'carried' | 'approximated' | 'refused';

export interface Judged {
  /** As the user named it, or as an include led to it. */
  readonly file: string;
  /** Counts from 1. */
  readonly line: number;
  /** As written, shortened; without secrets. */
  readonly directive: string;
  readonly verdict: Verdict;
  /** What it became, in words of sallyport.yaml, or why not and the cure; '' only for what is plainly carried. */
  readonly note: string;
}

/** A remark that stands in the written file above the key that `path` leads to; an empty path is the head of the file. */
export interface Comment {
  readonly path: readonly string[];
  /** One line or several, without `#`. */
  readonly text: string;
}

/** Another server's configuration as one of Sallyport's. */
export interface Imported {
  /** What `createGateway` takes; null when not one site could be carried. */
  readonly config: Config | null;
  /** Every directive that was read, in the order of the files. */
  readonly judged: readonly Judged[];
  readonly comments?: readonly Comment[];
}

/** What an importer is given. */
export interface ImportRequest {
  /** As the user named them; relative ones are relative to `directory`. */
  readonly files: readonly string[];
  /** Absolute. */
  readonly directory: string;
  /** The format's own options by their camelCase name. */
  readonly options: Readonly<Record<string, string | undefined>>;
}

/**
 * Reads files of one format. Throws a UserError (or an AggregateError of several) with `exitCode` 2 for files that cannot be
 * read or parsed, and nothing else.
 */
export type Importer = (request: ImportRequest) => Imported;
