import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { systemErrorCode } from '../../model/errors.ts';
import { type Fault, fail, type Outcome } from './fault.ts';
import { suggest } from './suggest.ts';

/** What `${…}` in values stands for. */
export interface Expansion {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** What paths in `${file:…}` are relative to. */
  readonly directory: string;
}

export interface Expanded {
  readonly text: string;
  /** Whether anything was put in. */
  readonly changed: boolean;
}

const largestFile = 64 * 1024;
// biome-ignore lint/suspicious/noTemplateCurlyInString: it is what the user is to write
const wanted = '${NAME}, ${file:path}, or $${ for a literal ${';

/**
 * The text with `${NAME}` replaced by the environment variable, `${file:path}` by the content of the file without its
 * final line break, and `$${` by `${`. What was put in is not expanded again.
 */
export function expand(text: string, expansion: Expansion): Outcome<Expanded> {
  if (!text.includes('${')) return { value: { text, changed: false } };
  const faults: Fault[] = [];
  let changed = false;
  const result = text.replace(/\$\$\{|\$\{([^}]*)\}?/g, (whole, inner: string | undefined) => {
    if (inner === undefined) return '${';
    if (!whole.endsWith('}')) {
      faults.push({ what: 'an expansion without its closing brace', wanted });
      return '';
    }
    const outcome = inner.startsWith('file:')
      ? readText(inner.slice('file:'.length), expansion.directory)
      : variable(inner, expansion.environment);
    if (outcome.faults) faults.push(...outcome.faults);
    changed = true;
    return outcome.value ?? '';
  });
  return faults.length > 0 ? { faults } : { value: { text: result, changed } };
}

function variable(name: string, environment: Expansion['environment']): Outcome<string> {
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) return fail('not an expansion', { wanted });
  const value = Object.hasOwn(environment, name) ? environment[name] : undefined;
  if (value !== undefined) return { value };
  const near = suggest(name, Object.keys(environment));
  const didYouMean = near && `\${${near}}`;
  return fail(`environment variable ${name} is not set`, {
    didYouMean,
    cure: `Set ${name} where Sallyport is started.`,
  });
}

function readText(path: string, directory: string): Outcome<string> {
  try {
    const text = readFileSync(resolve(directory, path), 'utf8');
    if (text.length > largestFile)
      return fail('a file that is too large to be put into a value', { wanted: 'at most 64KiB' });
    return { value: text.replace(/\r?\n$/, '') };
  } catch (error) {
    return fail(`cannot read the file: ${systemErrorCode(error) || 'not a path'}`, { cure: unreadableCure(error) });
  }
}

/** What to do about a file that cannot be read. */
export function unreadableCure(error: unknown): string {
  switch (systemErrorCode(error)) {
    case 'ENOENT':
      return 'There is no such file: check the path; a relative one is relative to the configuration file.';
    case 'EACCES':
    case 'EPERM':
      return `Let the user Sallyport runs as read it (and pass through its directories)${process.getuid ? `: user id ${process.getuid()}` : ''}.`;
    case 'EISDIR':
      return 'This is a directory: name a file in it.';
    default:
      return 'Check that it is a readable file.';
  }
}
