import { readFileSync } from 'node:fs';
import { systemErrorCode } from '../../../model/errors.ts';
import { parseHtpasswd } from '../../../passwords/htpasswd.ts';

interface Users {
  /** Hashes that Caddy can check, by name. */
  readonly names: ReadonlyMap<string, string>;
  /** Names of the others. */
  readonly others: readonly string[];
  /** Why the file could not be read; ''. */
  readonly fault: string;
}

/** Who stands in an htpasswd file now. Caddy has no such files: names and hashes stand in its configuration. */
export function users(file: string): Users {
  let bytes: Buffer;
  try {
    bytes = readFileSync(file);
  } catch (error) {
    return { names: new Map(), others: [], fault: `cannot read ${file} (${systemErrorCode(error)})` };
  }
  const all = [...parseHtpasswd(bytes).users.values()];
  const own = all.filter(({ name, scheme }) => scheme === 'bcrypt' && !(name.includes('`') && name.includes('\\')));
  return {
    names: new Map(own.map(({ name, hash }) => [name, hash])),
    others: all.filter((user) => !own.includes(user)).map(({ name }) => name),
    fault: '',
  };
}
