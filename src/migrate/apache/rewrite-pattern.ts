/** A regular expression that only says how a path begins. */
export interface PathPattern {
  /** The path it begins with, as `ProxyPass` would have it; `/` for every path. */
  readonly path: string;
  /** Whether nothing may follow. */
  readonly exact: boolean;
  /** Whether the rest is captured as `$1`. */
  readonly captured: boolean;
}

const rests: ReadonlyMap<string, boolean> = new Map([
  ['', false],
  ['.*', false],
  ['/.*', false],
  ['/?', false],
  ['(/|$)', false],
  ['(?:/|$)', false],
  ['(.*)', true],
  ['(.+)', true],
  ['(/.*)', true],
  ['(/.*)?', true],
  ['/?(.*)', true],
  ['/(.*)', true],
]);

/** Reads patterns such as `^/app/(.*)$`; null for everything that is more than the front of a path. */
export function readPathPattern(pattern: string): PathPattern | null {
  const anchored = pattern.replace(/^\^/, '');
  const body = anchored.replace(/(?<!\\)\$$/, '');
  const [literal = ''] = /^(?:\\[./_~-]|[\w~%-]|\.(?![*+?])|\/(?!\?))*/.exec(body) ?? [];
  const captured = rests.get(body.slice(literal.length));
  if (captured === undefined || (literal !== '' && !literal.startsWith('/'))) return null;
  const exact = anchored !== body && /^(?:\/\?)?$/.test(body.slice(literal.length));
  if (literal === '' && (exact || body === '/?')) return null;
  return { path: literal.replaceAll('\\', '') || '/', exact, captured };
}

/**
 * The path of the app that a substitution such as `/base/$1` gives to what the pattern matches, to be compared with `pattern.path`; null
 * when it does more with it.
 */
export function substitutedPath(pattern: PathPattern, substitution: string): string | null {
  if (/^(?:%\{REQUEST_URI\}|\$0)$/i.test(substitution)) return pattern.path;
  if (pattern.captured) return /^([^$%]*)\$1$/.exec(substitution)?.[1] ?? null;
  if (/[$%]/.test(substitution)) return null;
  return pattern.exact || substitution === pattern.path ? substitution : null;
}
