import { type SourcePosition, UserError } from '../../model/errors.ts';

/** One directive of a configuration of Apache, or one section with what stands in it. */
export interface Directive {
  readonly at: SourcePosition;
  /** As written; a section's without its brackets. */
  readonly name: string;
  /** The name in lower case; a section's begins with `<`. */
  readonly key: string;
  /** Its arguments, unquoted, `${…}` put in. */
  readonly words: readonly string[];
  /** The whole line, white space made single, for people. */
  readonly line: string;
  /** What stands in a section or comes from an `Include`; null for a plain directive. */
  readonly children: readonly Directive[] | null;
  /** False within a section whose condition does not hold, such as `<IfModule !mod_ssl.c>`. */
  readonly active: boolean;
  /** Names in `${…}` that nobody defines; they stay as written. */
  readonly undefinedNames: readonly string[];
  /** Why an `Include` brought nothing; '' where it did, or was no `Include`. */
  readonly absence: string;
}

/** A fault of the language at a place: exit code 2. */
export function syntaxError(at: SourcePosition, message: string, cure: string): UserError {
  return new UserError(message, { code: 'invalid-apache-config', exitCode: 2, at, cure });
}

/** Every directive and section below, in the order of reading. */
export function everyDirective(directives: readonly Directive[]): Directive[] {
  const all: Directive[] = [];
  const open = [...directives].reverse();
  for (let one = open.pop(); one !== undefined; one = open.pop()) {
    all.push(one);
    if (one.children) open.push(...[...one.children].reverse());
  }
  return all;
}
