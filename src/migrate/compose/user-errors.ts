import { ConfigError } from '../../control/config/problems.ts';
import { UserError } from '../../model/errors.ts';

/** Reads compose files. Throws an AggregateError of UserErrors, exit code 2, for what is wrong in them: each with its place and its cure. */
export function withUserErrors<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const errors = error.problems.map(
      ({ message, at, cure }) =>
        new UserError(message, {
          code: 'invalid-compose',
          exitCode: 2,
          ...(at && { at }),
          ...(cure !== null && { cure }),
        }),
    );
    throw new AggregateError(errors, error.message);
  }
}
