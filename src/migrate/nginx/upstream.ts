import { parseTarget } from '../../control/config/target.ts';
import { literal } from '../literal.ts';
import type { Directive } from './parse.ts';
import { isSame, type RouteObject } from './shapes.ts';
import { durationText, parseTime } from './values.ts';
import type { Named, Work } from './work.ts';

/** The targets of a route and how one is chosen. */
export type Group = Pick<RouteObject, 'to' | 'balance' | 'health'>;

type Member = string | number | { url: string | number; weight?: number; maxConnections?: number };
type Health = NonNullable<RouteObject['health']>;

/** `server` parameters that change nothing here. */
const idleParameters = new Set(['resolve', 'down', 'backup']);

/** What an `upstream` block is in Sallyport; null when none of its servers can be carried. */
export function groupOf({ directive, scope }: Named, scheme: string, work: Work): Group | null {
  const { ledger } = work;
  ledger.judge(directive, 'carried');
  const inside = scope.within(directive);
  const members: Member[] = [];
  const health: Health = {};
  for (const server of inside.own('server')) {
    const member = memberOf(server, scheme, work);
    if (member === null) continue;
    if (members.some((other) => urlOf(other) === urlOf(member))) {
      ledger.judge(server, 'approximated', 'the same target twice: one with weight would do');
      continue;
    }
    members.push(member);
    readHealth(server, health, work);
  }
  const balance = members.length > 1 ? balanceOf(inside.directives, work) : undefined;
  const [only] = members;
  if (only === undefined) return null;
  const to = members.length === 1 ? only : members;
  return { to, ...(balance && { balance }), ...(Object.keys(health).length > 0 && { health }) };
}

function urlOf(member: Member): string {
  return String(typeof member === 'object' ? member.url : member);
}

/** A target in its shortest form. */
export function targetText(scheme: string, authority: string): string | number {
  const prefix = scheme === 'http' ? '' : `${scheme}://`;
  if (authority.startsWith('unix:')) return literal(authority);
  const local = /^127\.0\.0\.1:(\d+)$/.exec(authority);
  if (local && prefix === '') return Number(local[1]);
  const hasPort = /:\d+$/.test(authority);
  return prefix === '' && !hasPort ? `${authority}:80` : `${prefix}${authority}`;
}

function memberOf(server: Directive, scheme: string, { ledger }: Work): Member | null {
  const [address = '', ...parameters] = server.args;
  const url = targetText(scheme, address);
  if (address === '' || parseTarget(url).faults) {
    ledger.judge(server, 'refused', 'not an address of a target');
    return null;
  }
  if (parameters.includes('down')) {
    ledger.judge(server, 'carried', 'left out, for it is down');
    return null;
  }
  if (parameters.includes('backup')) {
    const cure = 'left out: there are no targets in reserve; write it under to: to share the requests with the others';
    ledger.judge(server, 'refused', cure);
    return null;
  }
  const value = (name: string) => parameters.find((one) => one.startsWith(`${name}=`))?.slice(name.length + 1);
  const known = /^(?:weight|max_conns|max_fails|fail_timeout|slow_start)=/;
  const unknown = parameters.find((one) => !known.test(one) && !idleParameters.has(one));
  if (unknown === undefined) ledger.judge(server, 'carried');
  else ledger.judge(server, 'approximated', `without ${unknown}`);
  const weight = Math.min(1000, Number(value('weight') ?? 1));
  const most = Number(value('max_conns') ?? 0);
  const more = { ...(weight > 1 && { weight }), ...(most > 0 && most <= 1_000_000 && { maxConnections: most }) };
  return Object.keys(more).length > 0 ? { url, ...more } : url;
}

/** Sallyport counts failures of all targets of a group alike. */
function readHealth(server: Directive, health: Health, { ledger }: Work): void {
  for (const parameter of server.args.slice(1)) {
    const [name, text = ''] = parameter.split('=', 2);
    const wanted: Health = {};
    const time = parseTime(text);
    if (name === 'max_fails' && /^\d{1,3}$/.test(text)) wanted.maxFails = Number(text);
    if (name === 'fail_timeout' && time) wanted.failTimeout = wanted.failWindow = durationText(time);
    if (name === 'slow_start' && time) wanted.slowStart = durationText(time);
    for (const [key, value] of Object.entries(wanted)) {
      const before = Reflect.get(health, key);
      if (before === undefined) Object.assign(health, { [key]: value });
      else if (!isSame(before, value)) ledger.judge(server, 'approximated', `health: ${key} is one for all targets`);
    }
  }
}

function balanceOf(directives: readonly Directive[], { ledger }: Work): Group['balance'] | undefined {
  for (const directive of directives) {
    const [first = '', second = ''] = directive.args;
    const said = (balance: NonNullable<Group['balance']>, word: string): NonNullable<Group['balance']> => {
      ledger.judge(directive, 'carried', word);
      return balance;
    };
    if (directive.name === 'least_conn') return said('leastConnections', 'balance: leastConnections');
    if (directive.name === 'ip_hash') return said('addressHash', 'balance: addressHash');
    if (directive.name === 'hash' && /^\$(?:binary_)?remote_addr$/.test(first)) {
      return said('addressHash', 'balance: addressHash');
    }
    if (directive.name === 'sticky' && first === 'cookie' && /^[A-Za-z0-9][\w-]{0,63}$/.test(second)) {
      return said({ cookie: second }, 'balance: {cookie: …}');
    }
    if (['hash', 'sticky', 'random', 'least_time'].includes(directive.name)) {
      ledger.judge(directive, 'approximated', 'targets are chosen in turn; see balance: for the other ways');
    }
  }
  return undefined;
}
