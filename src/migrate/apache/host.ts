import type { Directive } from './directive.ts';
import type { Globals } from './globals.ts';
import type { Balancer } from './groups.ts';
import type { Ledger } from './ledger.ts';
import type { Rule } from './rules.ts';
import { proxyRules, redirectRule, routePathOf } from './rules.ts';
import type { Scope } from './scopes.ts';

/** A host of Apache while it becomes a site. */
export interface HostContext {
  /** The server's scope, then the host's own; the server's alone for a configuration without hosts. */
  readonly scopes: readonly Scope[];
  readonly names: readonly string[];
  readonly secure: boolean;
  readonly balancers: ReadonlyMap<string, Balancer>;
  readonly daemons: ReadonlyMap<string, Directive>;
  readonly user: string | undefined;
  readonly group: string | undefined;
  /** An absolute path for one that a directive names. */
  readonly path: (written: string) => string;
  readonly globals: Globals;
  readonly ledger: Ledger;
}

/** The rules of a host by the place where Apache looks for them, each in the order in which they are asked. */
export interface HostRules {
  /** `Redirect` in a `<Location>`: comes before everything. */
  readonly locationRedirects: readonly Rule[];
  readonly rewrites: readonly Rule[];
  /** `ProxyPass` in a `<Location>`: of several the last one holds. */
  readonly locationProxies: readonly Rule[];
  readonly proxies: readonly Rule[];
  /** `Redirect`, hidden by any `ProxyPass` that takes the path. */
  readonly redirects: readonly Rule[];
  readonly scripts: readonly Rule[];
}

const redirectKeys = /^redirect(?:match|permanent|temp)?$/;

/** Reads all rules of a host; those of rewriting are read before. */
export function rulesOf({ scopes, ledger }: HostContext, rewrites: readonly Rule[]): HostRules {
  const proxies = scopes.flatMap((scope) => proxyRules(scope, ledger));
  const sections = scopes.flatMap((scope) => scope.sections.filter(({ kind }) => kind === 'location'));
  const found = (rules: readonly (Rule | null)[]): Rule[] => rules.filter((rule) => rule !== null);
  const isRedirect = (one: Directive): boolean => redirectKeys.test(one.key);
  return {
    locationRedirects: found(
      sections.flatMap((section) =>
        section.directives.filter(isRedirect).map((one) => locationRedirect(one, section, ledger)),
      ),
    ),
    rewrites,
    locationProxies: proxies.filter(({ section }) => section !== null),
    proxies: proxies.filter(({ section }) => section === null),
    redirects: found(
      [...scopes]
        .reverse()
        .flatMap(({ plain }) => plain.filter(isRedirect).map((one) => redirectRule(one, null, ledger))),
    ),
    scripts: found([...scopes].reverse().flatMap(({ plain }) => plain.map((one) => scriptRule(one, ledger)))),
  };
}

function locationRedirect(one: Directive, section: Scope['sections'][number], ledger: Ledger): Rule | null {
  // A Redirect that names a path of its own is one of the whole host, wherever it stands.
  const words = one.words.filter((word) => word.startsWith('/') || /^https?:/i.test(word));
  return redirectRule(one, words.length > 1 ? null : section, ledger);
}

function scriptRule(by: Directive, ledger: Ledger): Rule | null {
  if (by.key === 'wsgiscriptaliasmatch')
    ledger.refused(by, 'routes are paths, not regular expressions: write app: {wsgi: …} into a route');
  if (by.key !== 'wsgiscriptalias') return null;
  const [path = '', script = '', ...rest] = by.words;
  if (routePathOf(path) === null || script === '') {
    ledger.refused(by, 'wanted WSGIScriptAlias /path /path/of/script');
    return null;
  }
  const options = new Map(
    rest.map((word): [string, string] => [word.split('=')[0] ?? '', word.slice(word.indexOf('=') + 1)]),
  );
  return { by, path, section: null, parameters: options, webSocket: false, action: { kind: 'wsgi', script, options } };
}
