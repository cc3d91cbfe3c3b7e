import { type SourcePosition, UserError } from '../../model/errors.ts';

/** A place where nginx itself would refuse the file. */
export function syntaxError(at: SourcePosition, what: string, cure: string): UserError {
  return new UserError(what, { code: 'nginx-syntax', exitCode: 2, at, cure });
}
