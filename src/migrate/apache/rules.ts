import { parseLocation, parseRoutePath } from '../../control/config/route-path.ts';
import type { Directive } from './directive.ts';
import type { Ledger } from './ledger.ts';
import { readPathPattern, substitutedPath } from './rewrite-pattern.ts';
import type { Scope, Section } from './scopes.ts';
import { mapping, type ProxyUrl, readProxyUrl, schemeCure } from './target.ts';

/** What a rule does with the requests of its path. */
type RuleAction =
  | {
      readonly kind: 'proxy';
      readonly url: Extract<ProxyUrl, { kind: 'single' | 'balancer' }>;
      readonly strip: boolean;
    }
  | { readonly kind: 'redirect'; readonly location: string; readonly status: 301 | 302 | 303 | 307 | 308 }
  | { readonly kind: 'wsgi'; readonly script: string; readonly options: ReadonlyMap<string, string> }
  /** What Apache answers from files, or what cannot be carried: closed where another route would take it. */
  | { readonly kind: 'closed' }
  /** `ProxyPass /path !`: no proxy takes the path, but a redirect or a script may. */
  | { readonly kind: 'excluded' };

/** A directive that says what becomes of the requests for a path. */
export interface Rule {
  readonly by: Directive;
  /** As written, its slash at the end kept; `/` for all. */
  readonly path: string;
  readonly section: Section | null;
  readonly action: RuleAction;
  /** `key=value` of `ProxyPass`. */
  readonly parameters: ReadonlyMap<string, string>;
  /** Whether it is only about requests that ask for a WebSocket. */
  readonly webSocket: boolean;
  /** A redirect of / alone: a route for it takes whatever no other rule does. */
  readonly fallback?: boolean;
}

/** Said of what is there for a CA to prove a name. */
export const ownChallenge = 'Sallyport answers the challenges of CAs by itself';

/** Whether a path is where CAs look for a proof (RFC 8555, section 8.3). */
export function isChallenge(path: string): boolean {
  return /^\/\.well-known\/acme-challenge(?:\/|$)/.test(path);
}

const none: ReadonlyMap<string, string> = new Map();

/** The path of a route for a path of Apache, or null when no route can have it. */
export function routePathOf(path: string): string | null {
  const trimmed = path === '/' ? '/' : path.replace(/\/+$/, '') || '/';
  return parseRoutePath(trimmed).value ?? null;
}

/** `ProxyPass` and `ProxyPassMatch`, of a scope and of its `<Location>`s, in their order. */
export function proxyRules(scope: Scope, ledger: Ledger): Rule[] {
  const rules: Rule[] = [];
  const add = (by: Directive, section: Section | null): void => {
    if (by.key !== 'proxypass' && by.key !== 'proxypassmatch') return;
    const rule = proxyRule(by, section, ledger);
    if (rule) rules.push(rule);
  };
  for (const one of scope.plain) add(one, null);
  for (const section of scope.sections) {
    for (const one of section.directives) {
      if (section.kind === 'location') add(one, section);
      else if (/^proxypass(match)?$/.test(one.key)) ledger.refused(one, 'Apache has it in <Location> only');
    }
  }
  return rules;
}

function proxyRule(by: Directive, section: Section | null, ledger: Ledger): Rule | null {
  const words = by.words.filter((word) => !/^(?:interpolate|noquery|nocanon|mapping=.*)$/i.test(word));
  const [first = '', second = ''] = words;
  const written = section ? section.pattern : first;
  const target = section ? first : second;
  const regex = by.key === 'proxypassmatch' || (section?.regex ?? false);
  const parameters = parametersOf(words.slice(section ? 1 : 2));
  if (target === '') {
    ledger.refused(by, 'no address of an app; wanted ProxyPass /path http://host:port/path');
    return null;
  }
  const pattern = regex ? readPathPattern(written) : { path: written, exact: false, captured: false };
  if (pattern === null || routePathOf(pattern.path) === null) {
    const what = regex ? 'routes are paths, not regular expressions' : 'no path that a route can have';
    ledger.refused(by, `${what}: write the path whose requests go to the app under routes:`);
    return null;
  }
  if (pattern.exact && pattern.path === '/') {
    ledger.refused(by, 'a route for / alone would take every path: let the app answer what is below too');
    return null;
  }
  if (pattern.exact) ledger.approximated(by, `the route ${pattern.path} takes what is below it too`);
  const common = { by, path: pattern.path, section, parameters, webSocket: false };
  if (target === '!' && isChallenge(pattern.path)) {
    ledger.carried(by, ownChallenge);
    return null;
  }
  if (target === '!') return { ...common, action: { kind: 'excluded' } };
  return { ...common, ...proxyAction(by, pattern.path, target, regex ? pattern : null, ledger) };
}

/** The action of a rule that leads to `target`; judges what cannot be carried and closes the path. */
export function proxyAction(
  by: Directive,
  path: string,
  target: string,
  pattern: { readonly path: string; readonly exact: boolean; readonly captured: boolean } | null,
  ledger: Ledger,
): Pick<Rule, 'action' | 'webSocket'> {
  const url = readProxyUrl(target);
  const closed = (note: string): Pick<Rule, 'action' | 'webSocket'> => {
    ledger.refused(by, note);
    return { action: { kind: 'closed' }, webSocket: false };
  };
  if (url === null) return closed(`not an address of an app: ${target}`);
  if (url.kind === 'unsupported') return closed(schemeCure(url.scheme));
  const webSocket = /^wss?:/i.test(target);
  // A pattern without a substitution passes the path on whole.
  const hasDollar = /\$\d|%\{/.test(url.path);
  const to = pattern && hasDollar ? substitutedPath(pattern, url.path) : url.path;
  const how = pattern && !hasDollar && url.path === '' ? 'whole' : to === null ? 'other' : mapping(path, to);
  if (how === 'other') {
    const wanted = path === '/' ? 'the app must answer under / itself' : `let the app answer under ${path} or under /`;
    return closed(`routes pass the path on whole or take their own off, they do not exchange it: ${wanted}`);
  }
  if (pattern === null && how === 'strip' && !path.endsWith('/') && url.path.endsWith('/'))
    ledger.approximated(by, `the app sees ${path}/x as /x, where Apache sent //x`);
  return { action: { kind: 'proxy', url, strip: how === 'strip' }, webSocket };
}

function parametersOf(words: readonly string[]): ReadonlyMap<string, string> {
  const found = words.map((word): [string, string] => {
    const at = word.indexOf('=');
    return at < 0 ? [word.toLowerCase(), ''] : [word.slice(0, at).toLowerCase(), word.slice(at + 1)];
  });
  return found.length === 0 ? none : new Map(found);
}

const statuses: Readonly<Record<string, 301 | 302 | 303>> = { permanent: 301, temp: 302, seeother: 303 };

/** `Redirect` and its kin, of the plain directives of a scope or of a `<Location>`. */
export function redirectRule(by: Directive, section: Section | null, ledger: Ledger): Rule | null {
  const words = [...by.words];
  let status = by.key === 'redirectpermanent' ? 'permanent' : 'temp';
  if (by.key === 'redirect' || by.key === 'redirectmatch') {
    if (/^(?:permanent|temp|seeother|gone|\d{3})$/i.test(words[0] ?? '')) status = (words.shift() ?? '').toLowerCase();
  }
  const path = section ? section.pattern : (words.shift() ?? '');
  const regex = by.key === 'redirectmatch' || section?.regex === true;
  return redirectTo(by, { status, path, regex, location: words[0] ?? '' }, section, ledger);
}

interface RedirectWritten {
  /** A number, or a word of Apache for one. */
  readonly status: string;
  readonly path: string;
  readonly regex: boolean;
  readonly location: string;
}

/** The rule of a redirect; judges what it does otherwise than Apache. */
export function redirectTo(
  by: Directive,
  { status, path, regex, location }: RedirectWritten,
  section: Section | null,
  ledger: Ledger,
): Rule | null {
  const number = statuses[status] ?? Number(status);
  const pattern = regex ? readPathPattern(path) : null;
  if (regex && pattern === null) {
    ledger.refused(by, 'redirects are for paths, not for regular expressions: let the app answer, or write routes');
    return null;
  }
  const common = { by, path: pattern?.path ?? path, section, parameters: none, webSocket: false };
  if (routePathOf(common.path) === null) {
    ledger.refused(by, 'no path that a route can have');
    return null;
  }
  const isStatus = number === 301 || number === 302 || number === 303 || number === 307 || number === 308;
  if (!isStatus) {
    ledger.approximated(by, 'an answer without a place to go: 403 where another route would take the path, else 404');
    return { ...common, action: { kind: 'closed' } };
  }
  const fixed = location.replace(/\$\d$/, '');
  if (parseLocation(fixed).faults) {
    ledger.refused(by, `not a place to redirect to: ${location}`);
    return { ...common, action: { kind: 'closed' } };
  }
  if (pattern?.exact && common.path === '/')
    return { ...common, action: { kind: 'redirect', location: fixed, status: number }, fallback: true };
  judgeRest(
    by,
    {
      fixed,
      appended: section === null && pattern === null,
      changed: fixed !== location,
      exact: pattern?.exact === true,
    },
    ledger,
  );
  return { ...common, action: { kind: 'redirect', location: fixed, status: number } };
}

/** Apache appends what follows the path to where it redirects; a route does not. */
function judgeRest(
  by: Directive,
  rest: { readonly fixed: string; readonly appended: boolean; readonly changed: boolean; readonly exact: boolean },
  ledger: Ledger,
): void {
  if (rest.appended || rest.changed)
    ledger.approximated(by, `everything below leads to ${rest.fixed}: no rest of the path is appended`);
  else if (rest.exact) ledger.approximated(by, 'what is below the path is redirected too');
  else ledger.carried(by);
}
