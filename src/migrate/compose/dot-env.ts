import { interpolate, type Variables } from './interpolate.ts';

/**
 * What an `.env` file says, as Docker Compose reads it: `NAME=value` a line, `export` in front allowed, `#` begins a comment; a value in single
 * quotes is taken as it is, in double quotes or without any with its variables put in. Lines that say nothing are passed over: Docker tells of them
 * itself. `environment` is what the variables within the file are taken from first.
 */
export function readDotEnv(text: string, environment: Variables): Map<string, string> {
  const found = new Map<string, string>();
  const line = /^[ \t]*(?:export[ \t]+)?([_a-z][\w.-]*)[ \t]*[=:][ \t]*(?:'([^']*)'|"((?:[^"\\]|\\.)*)"|([^\r\n]*))/gim;
  for (const [, name = '', single, double, plain = ''] of text.matchAll(line)) {
    if (single !== undefined) {
      found.set(name, single);
      continue;
    }
    const value = double === undefined ? plain.replace(/(?:^|[ \t]+)#.*$/, '').trim() : unescaped(double);
    const known = new Map([...found, ...environment]);
    const outcome = interpolate(value, known);
    found.set(name, outcome.faults ? value : outcome.value.text);
  }
  return found;
}

function unescaped(text: string): string {
  const meanings: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t' };
  return text.replace(/\\([nrt"\\])/g, (_, letter: string) => meanings[letter] ?? letter);
}
