import { parseTarget } from '../../control/config/target.ts';
import type { Directive } from './directive.ts';
import { type Globals, secondsOf } from './globals.ts';
import type { Ledger } from './ledger.ts';
import type { Scope } from './scopes.ts';
import { type ProxyUrl, readProxyUrl, schemeCure } from './target.ts';

/** Said of an app behind https://. */
export const verifiedHere = "the app's certificate is verified here; one of a CA of its own: {url, caFile}";

type Member = string | { url: string; weight?: number; maxConnections?: number };

/** The keys of a route that say where its requests go. */
export interface GroupConfig {
  to: Member | Member[];
  balance?: 'leastConnections' | 'addressHash' | { cookie: string };
  health?: { path?: string; interval?: string; failTimeout?: string };
}

/** The balancers of the server and of a host, by name in lower case. */
export interface Balancer {
  readonly group: GroupConfig;
  /** The path in the addresses of its members. */
  readonly path: string;
  /** What was said about its members. */
  readonly members: readonly Directive[];
}

/** `<Proxy balancer://…>` with its members and settings. */
export function balancersOf(scopes: readonly Scope[], globals: Globals, ledger: Ledger): ReadonlyMap<string, Balancer> {
  const said = new Map<
    string,
    { members: [Directive, readonly string[]][]; settings: Map<string, string>; by: Directive[] }
  >();
  const of = (url: string) => {
    const name = url
      .replace(/^balancer:\/\//i, '')
      .replace(/\/.*$/, '')
      .toLowerCase();
    const known = said.get(name) ?? { members: [], settings: new Map<string, string>(), by: [] };
    said.set(name, known);
    return known;
  };
  const take = (one: Directive, around: string | null): void => {
    const words = around === null ? one.words.slice(1) : one.words;
    const balancer = around ?? one.words[0] ?? '';
    if (!/^balancer:/i.test(balancer)) return;
    if (one.key === 'balancermember') of(balancer).members.push([one, words]);
    else if (one.key === 'proxyset') {
      of(balancer).by.push(one);
      for (const word of words) of(balancer).settings.set(...keyAndValue(word));
    }
  };
  for (const scope of scopes) {
    for (const one of scope.plain) take(one, null);
    for (const section of scope.sections) {
      if (section.kind === 'proxy') for (const one of section.directives) take(one, section.pattern);
    }
  }
  const found = new Map<string, Balancer>();
  for (const [name, { members, settings, by }] of said) {
    const balancer = makeBalancer(members, settings, by, globals, ledger);
    if (balancer) found.set(name, balancer);
  }
  return found;
}

export function keyAndValue(word: string): [string, string] {
  const at = word.indexOf('=');
  return at < 0 ? [word.toLowerCase(), ''] : [word.slice(0, at).toLowerCase(), word.slice(at + 1)];
}

function makeBalancer(
  members: readonly (readonly [Directive, readonly string[]])[],
  settings: ReadonlyMap<string, string>,
  by: readonly Directive[],
  globals: Globals,
  ledger: Ledger,
): Balancer | null {
  const targets: Member[] = [];
  let path = '';
  let health: GroupConfig['health'] = {};
  for (const [one, [address = '', ...words]] of members) {
    const parameters = new Map(words.map(keyAndValue));
    const url = memberUrl(one, address, parameters, ledger);
    if (url === null) continue;
    if (targets.some((target) => (typeof target === 'string' ? target : target.url) === url.to)) {
      ledger.approximated(one, 'named twice: give the first one more weight');
      continue;
    }
    path = url.path;
    if (url.secure) ledger.approximated(one, verifiedHere);
    ledger.carried(one);
    health = { ...health, ...judgeParameters(one, parameters, globals, ledger) };
    targets.push(memberOf(url.to, parameters));
  }
  const [first, ...more] = targets;
  if (first === undefined) return null;
  for (const one of by) ledger.carried(one);
  for (const one of by) health = { ...health, ...judgeParameters(one, settings, globals, ledger) };
  const alone = more.length === 0;
  const balance = alone ? undefined : balanceOf(settings, by, ledger);
  const group: GroupConfig = {
    to: alone ? first : targets,
    ...(balance && { balance }),
    ...(Object.keys(health).length > 0 && { health }),
  };
  return { group, path, members: members.map(([one]) => one) };
}

/** Where a member leads; null for one that is left out, which is judged. */
function memberUrl(
  one: Directive,
  address: string,
  parameters: ReadonlyMap<string, string>,
  ledger: Ledger,
): Extract<ProxyUrl, { kind: 'single' }> | null {
  const url = readProxyUrl(address);
  const status = (parameters.get('status') ?? '').toUpperCase();
  if (url?.kind === 'unsupported') ledger.refused(one, schemeCure(url.scheme));
  else if (url?.kind !== 'single' || parseTarget(url.to).faults)
    ledger.refused(one, `not an address of an app: ${address}`);
  else if (/[HR]/.test(status) || Number(parameters.get('lbset') ?? 0) > 0)
    ledger.refused(one, 'no target stands by until others fail: left out; every target of to: gets requests');
  else if (/[DS]/.test(status)) ledger.carried(one, 'left out, as it is not in use');
  else return url;
  return null;
}

function memberOf(url: string, parameters: ReadonlyMap<string, string>): Member {
  const factor = Number(parameters.get('loadfactor') ?? 1);
  const weight = Number.isFinite(factor) && factor >= 1 && factor <= 100 ? Math.round(factor) : 1;
  return weight === 1 ? url : { url, weight };
}

function balanceOf(
  settings: ReadonlyMap<string, string>,
  by: readonly Directive[],
  ledger: Ledger,
): GroupConfig['balance'] {
  const sticky = settings.get('stickysession');
  if (sticky !== undefined) {
    const cookie = sticky.split('|')[0] ?? '';
    const usable = /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/.test(cookie);
    const note = `balance: {cookie: ${usable ? cookie : 'server'}}, a cookie of the gate's own: sessions begin anew once`;
    for (const one of by) if (one.line.toLowerCase().includes('stickysession')) ledger.approximated(one, note);
    // A session cookie of the app keeps its name for itself.
    return { cookie: usable && !/^(?:JSESSIONID|PHPSESSID|ASP)/i.test(cookie) ? cookie : 'server' };
  }
  const method = settings.get('lbmethod')?.toLowerCase();
  if (method === 'bybusyness') return 'leastConnections';
  if (method === 'bytraffic' || method === 'heartbeat') {
    for (const one of by) ledger.approximated(one, 'in turn (balance: roundRobin), by the weights');
  }
  return undefined;
}

const needless =
  /^(?:min|smax|ttl|acquire|keepalive|disablereuse|enablereuse|flushpackets|flushwait|iobuffersize|receivebuffersize|responsefieldsize|ping|upgrade|route|redirect|loadfactor|lbmethod|stickysession|nofailover|maxattempts|nocanon|growth|forcerecovery|scolonpathdelim|stickysessionsep|addressttl|max|status|lbset|hcmethod|hcpasses|hcfails|hcexpr|hcuri|hcinterval|hctemplate)$/;

/** Judges `key=value` of `ProxyPass`, `BalancerMember` and `ProxySet`; what becomes of health checks is returned. */
export function judgeParameters(
  by: Directive,
  parameters: ReadonlyMap<string, string>,
  globals: Globals,
  ledger: Ledger,
): NonNullable<GroupConfig['health']> {
  for (const [key, value] of parameters) {
    if (key === 'timeout') globals.limit('responseTimeout', secondsOf(value), by, ledger);
    else if (key === 'connectiontimeout') globals.limit('connectTimeout', secondsOf(value), by, ledger);
    else if (key === 'max' && Number(value) > 0)
      ledger.approximated(
        by,
        'max counts for each process of Apache: write maxConnections: N into the target if the app needs it',
      );
    else if (key === 'secret') ledger.refused(by, 'secret is for AJP');
    else if (key === 'failonstatus')
      ledger.approximated(by, 'a target is left out for what fails, not for a status (failonstatus)');
    else if (key !== 'retry' && !needless.test(key)) ledger.approximated(by, `${key} is left out`);
  }
  const retry = secondsOf(parameters.get('retry') ?? '');
  const uri = parameters.get('hcuri');
  const path = uri !== undefined && /^\/[\x21-\x7e]*$/.test(uri) && !uri.includes('#') ? uri : undefined;
  const interval = secondsOf(parameters.get('hcinterval') ?? '');
  return {
    ...(retry > 0 && { failTimeout: `${Math.min(retry, 86_400)}s` }),
    ...(path !== undefined && { path }),
    ...(path !== undefined && interval > 0 && { interval: `${Math.min(interval, 86_400)}s` }),
  };
}
