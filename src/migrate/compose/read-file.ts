import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { TextDecoder } from 'node:util';
import { ConfigError } from '../../control/config/problems.ts';
import { type SourcePosition, systemErrorCode } from '../../model/errors.ts';
import { readDotEnv } from './dot-env.ts';
import type { Variables } from './interpolate.ts';

const largestFile = 4 * 1024 * 1024;

/** The text of a compose file. `namedAt` is where another file names it. Throws a {@link ConfigError}, and nothing else. */
export function readComposeText(file: string, namedAt: SourcePosition | null = null): string {
  const refuse = (message: string, cure: string): never => {
    throw new ConfigError([{ message: `${file}: ${message}`, at: namedAt, cure }]);
  };
  let bytes: Buffer;
  try {
    bytes = readFileSync(file);
  } catch (error) {
    return refuse(...unreadable(error));
  }
  if (bytes.length > largestFile) return refuse('the file is too large', 'A compose file has at most 4 MiB.');
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return refuse('the file is not text in UTF-8', 'Save it as UTF-8 in your editor.');
  }
}

function unreadable(error: unknown): [message: string, cure: string] {
  switch (systemErrorCode(error)) {
    case 'ENOENT':
      return ['there is no such compose file', 'Check the path; it is relative to where the command is run.'];
    case 'EACCES':
      return ['this user may not read the compose file', 'Run it as a user who may.'];
    case 'EISDIR':
      return ['this is a directory', 'Name the compose file in it.'];
    default:
      return [`cannot read the compose file: ${systemErrorCode(error) || 'not a path'}`, 'Check that it is a file.'];
  }
}

/** The variables that count for a compose file: those of the environment, before those of `.env` in `directory`. */
export function variablesFor(
  directory: string,
  environment: Readonly<Record<string, string | undefined>>,
  file = join(directory, '.env'),
): Variables {
  const own = new Map<string, string>();
  for (const [name, value] of Object.entries(environment)) if (value !== undefined) own.set(name, value);
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    return own;
  }
  return new Map([...readDotEnv(text, own), ...own]);
}
