import { parseTarget } from '../../control/config/target.ts';
import { literal } from '../literal.ts';
import { type Location, locationsOf } from './location.ts';
import type { Directive } from './parse.ts';
import { type Scope, substitute } from './scope.ts';
import type { RouteObject } from './shapes.ts';
import type { Work } from './work.ts';

type ForwardAuth = NonNullable<RouteObject['forwardAuth']>;

/** `auth_request` of a block and what belongs to it. */
export interface AskedService {
  readonly forwardAuth: ForwardAuth;
  /** The field of its answer that a variable of `auth_request_set` holds. */
  readonly answered: ReadonlyMap<string, string>;
}

const usualFields = [
  ...['remote-user', 'remote-groups', 'remote-name', 'remote-email', 'x-auth-request-user', 'x-auth-request-groups'],
  ...['x-auth-request-preferred-username', 'x-auth-request-email'],
];

/** The service that a block asks about each request; 'closed' when it cannot be asked, null when there is none. */
export function askedService(scope: Scope, server: Scope, work: Work): AskedService | 'closed' | null {
  const directive = scope.one('auth_request');
  if (directive === undefined) return null;
  if (directive.args[0] === 'off') {
    work.ledger.judge(directive, 'carried');
    return null;
  }
  const location = authLocation(directive, server);
  const url = location === undefined ? null : urlOf(location, work);
  if (location === undefined || url === null) {
    work.ledger.judge(
      directive,
      'refused',
      'no service that could be asked: nobody passes until forwardAuth: names its URL',
    );
    return 'closed';
  }
  work.ledger.judge(directive, 'carried', `forwardAuth: ${url}`);
  work.ledger.judgeAll(
    location.directive,
    'carried',
    'part of forwardAuth:, which tells the service all this by itself',
  );
  const answered = answers(scope, work);
  const signIn = signInOf(scope, server, work);
  const copy = [...new Set([...answered.values()])].filter((name) => name !== 'Set-Cookie');
  const isUsual = copy.every((name) => usualFields.includes(name.toLowerCase()));
  if (isUsual && signIn === null) return { forwardAuth: url, answered };
  return { forwardAuth: { url, ...(!isUsual && { copy }), ...(signIn !== null && { signIn }) }, answered };
}

/** Locations that only `auth_request` leads to. */
export function isAuthLocation(location: Location, server: Scope): boolean {
  const scopes = [server, ...locationsOf(server).map(({ scope }) => scope)];
  return (
    scopes.some((scope) => scope.own('auth_request').some(({ args }) => args[0] === location.path)) &&
    location.kind !== 'regex'
  );
}

function authLocation(directive: Directive, server: Scope): Location | undefined {
  const path = directive.args[0] ?? '';
  // What is guarded by the question itself does not answer it.
  const locations = locationsOf(server).filter(
    ({ kind, path: own, scope }) =>
      (kind === 'exact' || (kind === 'prefix' && own !== '/')) && scope.own('auth_request').length === 0,
  );
  const fits = locations.filter((one) => (one.kind === 'exact' ? one.path === path : path.startsWith(one.path)));
  return fits.find(({ kind }) => kind === 'exact') ?? fits.sort((a, b) => b.path.length - a.path.length)[0];
}

function urlOf(location: Location, work: Work): string | null {
  const pass = location.scope.own('proxy_pass')[0];
  if (pass === undefined) return null;
  const { text } = substitute(pass.args[0] ?? '', location.scope);
  const match = /^(https?):\/\/([^/?#$\s]+)(\/[\x21-\x7e]*)?$/.exec(text);
  if (!match || match[2]?.startsWith('unix:') || match[3]?.includes('$')) return null;
  const [, scheme, authority = '', path = location.path] = match;
  const upstream = work.upstreams.get(authority);
  const first = upstream?.scope.within(upstream.directive).own('server')[0]?.args[0];
  const host = first ?? authority;
  const isTarget = !host.startsWith('unix:') && !parseTarget(`${scheme}://${host}`).faults;
  return isTarget && /^\/[\x21-\x7e]*$/.test(path) && !path.includes('#')
    ? literal(`${scheme}://${host}${path}`)
    : null;
}

function answers(scope: Scope, { ledger }: Work): ReadonlyMap<string, string> {
  const answered = new Map<string, string>();
  for (const directive of scope.all('auth_request_set')) {
    const [variable = '', value = ''] = directive.args;
    const field = /^\$(?:upstream|sent)_http_(\w+)$/.exec(value)?.[1];
    if (field === undefined) {
      const isCookie = value.startsWith('$upstream_cookie');
      ledger.judge(
        directive,
        isCookie ? 'carried' : 'refused',
        isCookie ? '' : 'only fields of the answer: see copy: of forwardAuth:',
      );
      continue;
    }
    const name = field
      .split('_')
      .map((part) => part.charAt(0).toUpperCase() + part.slice(1))
      .join('-');
    answered.set(variable, name);
    ledger.judge(directive, 'carried', `part of forwardAuth:`);
  }
  return answered;
}

/** Where `error_page 401` sends browsers. */
function signInOf(scope: Scope, server: Scope, { ledger }: Work): string | null {
  const directive = scope.all('error_page').find(({ args }) => args.includes('401'));
  if (directive === undefined) return null;
  let target = directive.args.at(-1) ?? '';
  let from = scope;
  if (target.startsWith('@')) {
    const named = locationsOf(server).find(({ kind, path }) => kind === 'named' && path === target);
    const found = named?.scope.own('return')[0];
    if (named) from = named.scope;
    if (named && found) ledger.judgeAll(named.directive, 'carried', 'forwardAuth: signIn');
    target = found?.args.at(-1) ?? '';
  }
  const address = substitute(target, from)
    .text.replace(
      /\$scheme:\/\/\$(?:http_)?host(?::\$server_port)?\$(?:request_uri|escaped_request_uri)|\$request_uri/,
      '{url}',
    )
    .replace(/^\$scheme:\/\/\$(?:http_)?host(?=\/)/, '');
  const signIn = address === '/oauth2/sign_in' ? '/oauth2/start?rd={url}' : address;
  if (
    /^(?:\/(?!\/)|https?:\/\/)[\x21-\x7e]+$/.test(signIn) &&
    !signIn.includes('$') &&
    URL.canParse(signIn.replace('{url}', 'x'), 'https://x/')
  ) {
    ledger.judge(directive, 'carried', `forwardAuth: signIn: ${signIn}`);
    return signIn;
  }
  ledger.judge(directive, 'refused', 'not a place to sign in: see signIn: of forwardAuth:');
  return null;
}
