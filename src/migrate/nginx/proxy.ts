import { resolve } from 'node:path';
import { parseTarget } from '../../control/config/target.ts';
import { normaliseHost } from '../../model/host.ts';
import type { Location } from './location.ts';
import type { Directive } from './parse.ts';
import { type Scope, substitute } from './scope.ts';
import { type Group, groupOf, targetText } from './upstream.ts';
import { judgeEach, type Work } from './work.ts';

/** Where a location passes its requests. */
export interface Passed {
  readonly group: Group;
  readonly stripPrefix: boolean;
  /** What nginx sends as Host when nothing else is said (`$proxy_host`). */
  readonly host: string;
}

const schemes: Readonly<Record<string, string>> = { http: 'http', https: 'https', grpc: 'h2c', grpcs: 'h2' };

/** What `proxy_pass` or `grpc_pass` of a block is in Sallyport; null when it cannot be carried. */
export function passOf(directive: Directive, location: Location, scope: Scope, work: Work): Passed | null {
  const { ledger } = work;
  const written = directive.args[0] ?? '';
  const { text, used } = substitute(written, scope);
  const refuse = (note: string): null => {
    ledger.judge(directive, 'refused', note);
    return null;
  };
  const url = /^(https?|grpcs?):\/\/(unix:[^:]+|[^/?#$]+)(.*)$/is.exec(
    directive.name === 'grpc_pass' && !text.includes('://') ? `grpc://${text}` : text,
  );
  if (!url) return refuse('a target that depends on the request: name the target itself');
  const [, word = '', authority = '', rest = ''] = url;
  const uri = withoutRequestUri(authority.startsWith('unix:') ? rest.replace(/^:/, '') : rest);
  if (uri.text.includes('$'))
    return refuse('a path that is put together from parts of the request: let the app answer under its own path');
  const isVariable = written.includes('$');
  if (isVariable && uri.text !== '')
    return refuse(`every request got the path ${uri.text}: leave it out, or use the app's own path`);
  const path = replacement(uri.text, location);
  if ('refused' in path) return refuse(path.refused);
  judgeEach(work, used, 'carried', `part of to:`);
  if (isVariable) work.usesResolver = true;
  const scheme = schemes[word.toLowerCase()] ?? 'http';
  const upstream = work.upstreams.get(authority);
  const group = upstream ? groupOf(upstream, scheme, work) : { to: targetText(scheme, authority) };
  if (group === null) return refuse('none of the servers of its upstream could be carried');
  if (!upstream && parseTarget(String(group.to)).faults) return refuse('not an address of a target');
  const difference = [path.difference, uri.difference].filter((one) => one !== '').join('; ');
  ledger.judge(
    directive,
    difference === '' ? 'carried' : 'approximated',
    difference || (path.strips ? 'stripPrefix: true' : ''),
  );
  const secured = scheme === 'https' || scheme === 'h2' ? withTls(group, directive, scope, work) : group;
  return { group: secured, stripPrefix: path.strips, host: hostOf(authority, scheme) };
}

/** `$request_uri` at the end is the path as it came. */
function withoutRequestUri(rest: string): { readonly text: string; readonly difference: string } {
  const exact = rest.replace(/^\/?\$(?:\{request_uri\}|request_uri)$/, '');
  if (exact !== rest) return { text: exact, difference: '' };
  const decoded = rest.replace(/^\/?\$uri(?:\$is_args\$(?:args|query_string))?$/, '');
  return { text: decoded, difference: decoded === rest ? '' : 'the path is passed on as it came, not decoded' };
}

type Replacement = { readonly strips: boolean; readonly difference: string } | { readonly refused: string };

function replacement(uri: string, { kind, path }: Location): Replacement {
  const whole = { strips: false, difference: '' };
  if (uri === '' || uri === path) return whole;
  if (kind === 'regex' || kind === 'named') return { refused: 'a path for the app where nginx takes none' };
  if (path === '/')
    return {
      refused: `nginx put ${uri} in front of every path: let the app answer at /, or under the paths of the site`,
    };
  if (uri !== '/') {
    return {
      refused: `nginx put ${uri} in the place of ${path}: only removing it (stripPrefix: true) is possible; let the app answer under ${path}`,
    };
  }
  if (path.endsWith('/') || kind === 'exact') return { strips: true, difference: '' };
  return { strips: true, difference: `stripPrefix: true; the app gets /x for ${path}/x, where nginx sent //x` };
}

/** nginx's `$proxy_host`: the host, with the port if it is not the usual one. */
function hostOf(authority: string, scheme: string): string {
  if (authority.startsWith('unix:')) return 'localhost';
  const usual = scheme === 'https' || scheme === 'h2' ? ':443' : ':80';
  return authority.endsWith(usual) ? authority.slice(0, -usual.length) : authority;
}

/** Sallyport verifies what it connects to by TLS. nginx does not unless it is told to. */
function withTls(group: Group, directive: Directive, scope: Scope, work: Work): Group {
  const { ledger } = work;
  const verify = scope.one('proxy_ssl_verify');
  const trusted = scope.one('proxy_ssl_trusted_certificate');
  const named = scope.one('proxy_ssl_name');
  for (const one of [verify, trusted, named, scope.one('proxy_ssl_server_name')]) if (one) ledger.judge(one, 'carried');
  if (verify?.args[0] !== 'on') {
    const what =
      'its certificate is verified here, which nginx did not do: name its CA in {url: …, caFile: …}, and its name in serverName, where it needs them';
    ledger.judge(directive, 'approximated', what);
  }
  const caFile = trusted?.args[0] === undefined ? undefined : resolve(scope.prefix, trusted.args[0]);
  const serverName = named?.args[0];
  const usable = serverName !== undefined && normaliseHost(serverName) !== null;
  if (named && !usable) ledger.judge(named, 'approximated', 'the name is that of the target; see serverName');
  if (caFile === undefined && !usable) return group;
  const more = { ...(caFile !== undefined && { caFile }), ...(usable && { serverName }) };
  const secure = (member: unknown) =>
    typeof member === 'object' && member !== null && 'url' in member
      ? { ...member, ...more }
      : { url: member, ...more };
  const to = Array.isArray(group.to) ? group.to.map(secure) : secure(group.to);
  return { ...group, to: to as Group['to'] };
}
