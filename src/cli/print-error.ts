import { describeError, UserError } from '../model/errors.ts';
import type { Terminal } from './terminal.ts';

/** The errors to tell the user about: those an AggregateError holds, or the one that was thrown. */
export function errorsOf(thrown: unknown): readonly unknown[] {
  return thrown instanceof AggregateError && thrown.errors.length > 0 ? thrown.errors : [thrown];
}

/** `FILE:LINE:COLUMN: message`, or the message alone where it is about no place in a file. */
export function placedMessage(error: UserError): string {
  if (!error.at) return error.message;
  return `${error.at.file}:${error.at.line}:${error.at.column}: ${error.message}`;
}

/** Prints everything that was thrown to the error output and says which exit code it asks for. */
export function printErrors(terminal: Terminal, thrown: unknown): 1 | 2 {
  let exitCode: 1 | 2 = 1;
  for (const error of errorsOf(thrown)) {
    if (error instanceof UserError) {
      printUserError(terminal, 'red', error);
      if (error.exitCode === 2) exitCode = 2;
    } else printUnexpected(terminal, error);
  }
  return exitCode;
}

/** Prints what is doubtful but no failure. */
export function printWarnings(terminal: Terminal, warnings: readonly UserError[]): void {
  for (const warning of warnings) printUserError(terminal, 'yellow', warning, 'warning: ');
}

function printUserError(terminal: Terminal, colour: 'red' | 'yellow', error: UserError, kind = ''): void {
  const { err, env } = terminal;
  err.line(`${err.paint(colour, 'sallyport:')} ${kind}${placedMessage(error)}`);
  if (error.cure) err.line(`  ${err.paint('bold', 'cure:')} ${error.cure}`);
  if (env.SALLYPORT_DEBUG) err.line(String(error.stack));
}

function printUnexpected(terminal: Terminal, error: unknown): void {
  const { err, env } = terminal;
  const refused = refusedPath(error);
  if (refused === null) err.line(`${err.paint('red', 'sallyport:')} internal error; ${describeError(error)}`);
  else err.line(`${err.paint('red', 'sallyport:')} this user has no permission for ${refused}`);
  if (env.SALLYPORT_DEBUG) err.line(String(error instanceof Error ? error.stack : error));
  else if (refused === null)
    err.line(`  ${err.paint('bold', 'cure:')} This is a defect: set SALLYPORT_DEBUG=1 to see where, and report it.`);
  else err.line(`  ${err.paint('bold', 'cure:')} Run it as the user who owns that, or give it to this one with chown.`);
}

/** The file or directory that the system kept from this process; null for any other error. */
function refusedPath(error: unknown): string | null {
  if (!(error instanceof Error) || !('code' in error && 'path' in error)) return null;
  if (error.code !== 'EACCES' && error.code !== 'EPERM') return null;
  return typeof error.path === 'string' ? error.path : null;
}
