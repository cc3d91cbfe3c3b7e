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
  err.line(`${err.paint('red', 'sallyport:')} internal error; ${describeError(error)}`);
  if (env.SALLYPORT_DEBUG) err.line(String(error instanceof Error ? error.stack : error));
  else err.line(`  ${err.paint('bold', 'cure:')} this is a defect: set SALLYPORT_DEBUG=1 to see where, and report it`);
}
