import { isIPv4 } from 'node:net';
import type { Config } from '../../control/config/schema.ts';
import type { Served } from './globals.ts';
import { locationsOf } from './location.ts';
import type { Directive } from './parse.ts';
import type { Scope } from './scope.ts';
import { routeTargets } from './targets.ts';
import type { Work } from './work.ts';

type Global = Pick<Config, 'workers' | 'resolvers' | 'logs' | 'http2'>;

/** Directives about the whole server, and those whose verdict depends on what is carried. */
export function judgeGlobal(
  mains: readonly Scope[],
  blocks: readonly Scope[],
  served: readonly Served[],
  work: Work,
): Global {
  const { ledger } = work;
  const global: Global = {};
  for (const directive of mains.flatMap((main) => main.own('worker_processes'))) {
    const text = directive.args[0] ?? '';
    const count = Number(text);
    if (text === 'auto') ledger.judge(directive, 'carried');
    else if (/^\d{1,3}$/.test(text) && count >= 1 && count <= 256) {
      global.workers = count;
      ledger.judge(directive, 'carried', `workers: ${count}`);
    } else ledger.judge(directive, 'refused', 'not a number from 1 to 256, or auto');
  }
  const resolvers = resolversOf(served, work);
  if (resolvers.length > 0) global.resolvers = [...resolvers];
  if (served.length > 0 && served.every(({ scope }) => scope.one('access_log')?.args[0] === 'off')) {
    global.logs = { access: 'off' };
    for (const { scope } of served)
      for (const one of scope.all('access_log')) ledger.judge(one, 'carried', 'logs: { access: off }');
  }
  const everything = [...blocks, ...mains].flatMap(scopesOf);
  const http2 = everything.flatMap((scope) => scope.own('http2'));
  if (http2.length > 0 && http2.every(({ args }) => args[0] === 'off')) global.http2 = false;
  for (const scope of everything) judgeTls(scope.own('ssl_protocols'), work);
  for (const scope of everything) for (const one of scope.own('proxy_redirect')) judgeRedirect(one, scope, work);
  for (const scope of everything)
    for (const one of scope.own('proxy_http_version')) {
      if (one.args[0] === '1.0') ledger.judge(one, 'approximated', 'apps are spoken to in HTTP/1.1');
    }
  for (const scope of everything)
    for (const one of scope.own('client_max_body_size')) {
      if (one.args[0] === '0') ledger.judge(one, 'carried', 'there is no limit on bodies');
    }
  judgeUnusedFiles(served, work);
  return global;
}

/** A block and all blocks within it. */
function scopesOf(scope: Scope): readonly Scope[] {
  const inner = scope.directives.filter(
    ({ block, name }) => block !== null && ['http', 'server', 'location'].includes(name),
  );
  return [scope, ...inner.flatMap((directive) => scopesOf(scope.within(directive)))];
}

function resolversOf(served: readonly Served[], work: Work): readonly string[] {
  const resolvers = new Set<string>();
  for (const directive of new Set(served.flatMap(({ scope }) => scope.one('resolver') ?? []))) {
    const addresses = directive.args.filter((arg) => !/^(?:valid|ipv[46]|status_zone)=/.test(arg));
    if (!work.usesResolver) {
      work.ledger.judge(directive, 'carried', 'names are looked up as the machine does; resolvers: names others');
      continue;
    }
    const usable = addresses.filter(
      (address) => /^\d{1,3}(?:\.\d{1,3}){3}(?::\d{1,5})?$/.test(address) && isResolver(address),
    );
    for (const address of usable) resolvers.add(address);
    const isExact = usable.length === addresses.length;
    work.ledger.judge(
      directive,
      isExact ? 'carried' : 'approximated',
      isExact ? 'resolvers:' : 'resolvers: only IPv4 addresses were taken over',
    );
  }
  return [...resolvers];
}

function isResolver(address: string): boolean {
  const [host = '', port = '53'] = address.split(':');
  return isIPv4(host) && Number(port) >= 1 && Number(port) <= 65_535;
}

function judgeTls(directives: readonly Directive[], { ledger }: Work): void {
  for (const directive of directives) {
    const versions = directive.args;
    const old = versions.filter((version) => !['TLSv1.2', 'TLSv1.3'].includes(version));
    if (old.length > 0)
      ledger.judge(
        directive,
        'approximated',
        `TLS 1.2 and 1.3, without ${old.join(', ')}: very old clients are left out`,
      );
    else if (!versions.includes('TLSv1.2')) ledger.judge(directive, 'approximated', 'TLS 1.2 too');
    else if (!versions.includes('TLSv1.3')) ledger.judge(directive, 'approximated', 'TLS 1.3 too');
    else ledger.judge(directive, 'carried');
  }
}

/** Redirects to the app's own address become public by themselves. */
function judgeRedirect(directive: Directive, scope: Scope, { ledger }: Work): void {
  const [from = '', to = ''] = directive.args;
  if (from === 'default') return ledger.judge(directive, 'carried');
  if (from === 'off')
    return ledger.judge(
      directive,
      'approximated',
      "redirects to the app's own address become the public one all the same",
    );
  const isOwn =
    routeTargets(scope).some((target) => from.startsWith(target)) ||
    from === 'http://$host' ||
    from === 'http://$http_host';
  const isSchemeChange = /^(?:http:\/\/|~?\^?http:\/\/.*)$/.test(from) && /^(?:https|\$scheme):\/\//.test(to);
  if (isOwn) ledger.judge(directive, 'carried', "redirects to the app's own address become the public one");
  else if (isSchemeChange)
    ledger.judge(
      directive,
      'carried',
      "redirects to the app's own address and to the site's names come back as https://",
    );
  else
    ledger.judge(
      directive,
      'refused',
      "only redirects to the app's own address and to the site's names are put right; let the app say the public one",
    );
}

/** Where every path leads to an app, directives about files have nothing to do. */
function judgeUnusedFiles(served: readonly Served[], { ledger }: Work): void {
  for (const { scope } of served) {
    const whole = locationsOf(scope).some(
      ({ kind, path, scope: inside }) => kind === 'prefix' && path === '/' && inside.own('proxy_pass').length > 0,
    );
    if (!whole) continue;
    for (const name of ['root', 'index'])
      for (const one of scope.own(name)) ledger.judge(one, 'carried', 'every path leads to an app');
  }
}
