import { parseLocation } from '../../control/config/route-path.ts';
import { locationsOf } from './location.ts';
import type { Directive } from './parse.ts';
import { type Scope, substitute } from './scope.ts';
import type { RouteObject } from './shapes.ts';

type Status = NonNullable<RouteObject['status']>;

/** A redirect that nginx answers with. */
export interface Redirect {
  readonly directive: Directive;
  readonly status: Status;
  readonly scheme: 'http' | 'https' | 'same';
  /** null: the one that was asked. */
  readonly host: string | null;
  /** Constant part of the path. */
  readonly path: string;
  /** The path of the request is appended. */
  readonly keepsPath: boolean;
}

const statuses: Readonly<Record<string, Status>> = { 301: 301, 302: 302, 303: 303, 307: 307, 308: 308 };

/** What `return` or `rewrite` of any path redirects to; null when it is no redirect, or one that depends on more than host and path. */
export function redirectOf(directive: Directive, scope: Scope): Redirect | null {
  const { name, args } = directive;
  if (name === 'return') {
    const status = args.length === 1 ? 302 : statuses[args[0] ?? ''];
    const url = args.at(-1) ?? '';
    return status === undefined || /^\d+$/.test(url) ? null : toPlace(directive, status, substitute(url, scope).text);
  }
  if (name !== 'rewrite') return null;
  const [pattern = '', url = '', flag = ''] = args;
  if (!/^(?:\^|\^\/|\^?\.\*\$?|\^\/?\(\.\*\)\$?|\^\/\(\.\*\)\$?)$/.test(pattern)) return null;
  if (flag !== 'permanent' && flag !== 'redirect' && !/^https?:/.test(url)) return null;
  return toPlace(
    directive,
    flag === 'permanent' ? 301 : 302,
    substitute(url, scope).text.replace(/\/?\$1\??$/, '$request_uri'),
  );
}

function toPlace(directive: Directive, status: Status, url: string): Redirect | null {
  const tail = /\/?\$(?:request_uri|uri(?:\$is_args\$(?:args|query_string))?|\{request_uri\})\??$/.exec(url);
  const rest = tail ? url.slice(0, tail.index) : url;
  const absolute =
    /^(https?|\$scheme):\/\/(\$(?:host|http_host|server_name)|[^/$?#]+)(?::443|:\$server_port)?(\/[^$]*)?$/.exec(rest);
  const path = absolute ? (absolute[3] ?? '') : rest;
  if (!absolute && (!rest.startsWith('/') || rest.includes('$')) && !(tail && rest === '')) return null;
  const word = absolute?.[1];
  const scheme = word === 'https' || word === 'http' ? word : 'same';
  const authority = absolute?.[2] ?? '$host';
  const host = authority.startsWith('$') ? null : authority.toLowerCase();
  return { directive, status, scheme, host, path, keepsPath: tail !== null };
}

/** Whether it sends a request to the same place by HTTPS: what Sallyport does by itself on its HTTP port. */
export function isToHttps({ scheme, host, path, keepsPath }: Redirect, names: readonly string[]): boolean {
  return scheme === 'https' && (host === null || names.includes(host)) && keepsPath && path === '';
}

/** Where a route redirects, and what is lost; null when that is no place a route can lead to. */
export function routeRedirect({
  scheme,
  host,
  path,
  keepsPath,
  status,
}: Redirect): { route: RouteObject; lost: string } | null {
  const end = path === '' ? '/' : path;
  const redirect = host === null ? end : `${scheme === 'same' ? 'https' : scheme}://${host}${end}`;
  if (parseLocation(redirect).faults) return null;
  return { route: { redirect, status }, lost: keepsPath ? 'the path of the request is not appended' : '' };
}

/** Conditions that ask whether the request came by plain HTTP, or for a name of the server. */
const harmlessCondition =
  /^\(\s*(?:\$host (?:=|!=|~\*?) .*|\$http_host (?:=|~\*?) .*|\$scheme (?:!=|=|~\*?) .*|\$https (?:=|!=) .*|\$https|\$ssl_protocol = .*|\$server_port (?:!?=|!?~\*?) .*|\$http_x_forwarded_proto (?:!?=|!?~\*?) .*)\s*\)$/;

/** Whether an `if` does nothing but redirect to HTTPS. */
export function isHttpsCondition(directive: Directive, server: Scope, names: readonly string[]): boolean {
  const [only, ...more] = directive.block ?? [];
  if (only === undefined || more.some(({ name }) => name !== 'break')) return false;
  const redirect = redirectOf(only, server);
  return harmlessCondition.test(directive.args.join(' ')) && redirect !== null && isToHttps(redirect, names);
}

/** Paths of the proof for a CA, which Sallyport answers itself. */
export function isChallengePath(path: string): boolean {
  return /\.well-known\/acme-challenge|\.well-known\/pki-validation/.test(path.replaceAll('\\', ''));
}

/** What a server answers every request with, if that is a redirect; certbot's `if`s count as one to HTTPS. */
export function wholeRedirect(server: Scope, names: readonly string[]): Redirect | 'https' | null {
  for (const directive of server.directives) {
    const redirect = directive.name === 'return' || directive.name === 'rewrite' ? redirectOf(directive, server) : null;
    if (redirect) return redirect;
  }
  const locations = locationsOf(server).filter(({ path }) => !isChallengePath(path));
  const conditions = server.own('if');
  if (
    locations.length === 0 &&
    conditions.length > 0 &&
    conditions.every((one) => isHttpsCondition(one, server, names))
  )
    return 'https';
  const [only, ...more] = locations;
  if (only === undefined || more.length > 0 || only.path !== '/' || only.kind === 'regex') return null;
  for (const directive of only.scope.directives) {
    const redirect = directive.name === 'if' ? null : redirectOf(directive, only.scope);
    if (redirect) return redirect;
    if (directive.name === 'if' && isHttpsCondition(directive, only.scope, names) && !only.scope.own('proxy_pass')[0])
      return 'https';
  }
  return null;
}
