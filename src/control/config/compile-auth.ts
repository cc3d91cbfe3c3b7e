import { resolve } from 'node:path';
import type { AuthRules, SessionRules } from '../../model/auth.ts';
import { inspectUserFile } from '../users/user-file.ts';
import type { ParsedAuth } from './auth-schema.ts';
import type { Findings } from './problems.ts';
import type { Path } from './source.ts';

const defaultLifetime = 12 * 3_600_000;

/** Reports what is wrong with the user files of a configuration, each file once. */
export class UserFileCheck {
  readonly #directory: string;
  readonly #seen = new Set<string>();

  /** Relative paths are relative to `directory`. */
  constructor(directory: string) {
    this.#directory = directory;
  }

  /** The absolute path of the file that `path` in the configuration names. */
  look(written: string, path: Path, findings: Findings): string {
    const file = resolve(this.#directory, written);
    if (this.#seen.has(file)) return file;
    this.#seen.add(file);
    const inspected = inspectUserFile(file);
    if ('error' in inspected) {
      findings.problem(path, { what: inspected.error.message, cure: inspected.error.cure });
      return file;
    }
    const { text, worldReadable } = inspected;
    for (const { line, column, what, ...rest } of text.faults)
      findings.problem(path, { what: `${file}:${line}:${column}: ${what}`, ...rest });
    for (const { line, column, what, ...rest } of text.warnings)
      findings.warning(path, { what: `${file}:${line}:${column}: ${what}`, ...rest });
    if (worldReadable) {
      const cure = 'Take that right away from them: chmod o-rwx on the file.';
      findings.warning(path, { what: 'every user of this machine can read the file with the password hashes', cure });
    }
    if (text.users.size === 0 && text.faults.length === 0) {
      findings.warning(path, { what: 'nobody is in the file', cure: `Add someone: sallyport user add ${file} NAME.` });
    }
    return file;
  }
}

/** The password gate of a site or route with its defaults; null for none. */
export function compileAuth(
  auth: ParsedAuth | undefined,
  { name, files, path }: { readonly name: string; readonly files: UserFileCheck; readonly path: Path },
  findings: Findings,
): AuthRules | null {
  if (auth === undefined || auth === 'off') return null;
  const { basic, realm = name, except = [], passAuthorization = false, session = true } = auth;
  return {
    file: files.look(basic, [...path, 'basic'], findings),
    realm,
    except,
    passAuthorization,
    session: compileSession(session),
  };
}

function compileSession(session: Exclude<ParsedAuth, 'off'>['session']): SessionRules | null {
  if (session === false) return null;
  const { lifetime = defaultLifetime, logout = null } = session === true || session === undefined ? {} : session;
  return { lifetime, logout };
}
