import { bracketed } from '../../../model/host.ts';
import type { GroupTarget } from '../../../model/target-group.ts';
import { publicRoots, seconds } from '../common.ts';
import { keyOf, type Place, type Plan, type PlannedGroup, type PlannedSite } from '../plan.ts';
import { filePath, quoted } from './quote.ts';

type Target = GroupTarget['target'];

/** The balancers: groups of several targets, and those whose targets are asked how they are. */
export function balancerLines(plan: Plan): string[] {
  const places = plan.sites.flatMap((site) => site.places);
  return plan.groups.filter(isBalanced).flatMap((group) => {
    const place = places.find((one) => one.group === group);
    return place === undefined ? [] : [...conditionLines(group), ...balancer(plan, group, place), ''];
  });
}

export function isBalanced({ targets, rules }: PlannedGroup): boolean {
  return targets.length > 1 || rules.check !== null;
}

function conditionLines({ id, rules: { check } }: PlannedGroup): string[] {
  if (check === null) return [];
  const ranges = check.status.map(([from, to]) => `(%{REQUEST_STATUS} -ge ${from} && %{REQUEST_STATUS} -le ${to})`);
  return [`ProxyHCExpr ${id} {${ranges.join(' || ')}}`];
}

function balancer(plan: Plan, { id, rules, targets }: PlannedGroup, place: Place): string[] {
  const { balance, check, passive } = rules;
  const lines = [`<Proxy "balancer://${id}">`];
  for (const [index, { target, weight, maxConnections }] of targets.entries()) {
    const words = [`    BalancerMember ${quoted(originOf(target))}`, `retry=${seconds(passive.out)}`];
    if (weight !== 1) words.push(`loadfactor=${Math.min(weight, 100)}`);
    if (weight > 100) plan.ledger.judge(keyOf(plan, place, 'to'), 'approximated', 'a weight is at most 100 in Apache');
    if (maxConnections > 0) words.push(`max=${maxConnections}`);
    if (balance.kind === 'cookie') words.push(`route=t${index + 1}`);
    if (check !== null) {
      words.push('hcmethod=GET', `hcuri=${quoted(check.path)}`, `hcinterval=${seconds(check.interval)}`);
      words.push(`hcpasses=${check.rise}`, `hcfails=${check.fall}`, `hcexpr=${id}`);
    }
    lines.push([...words, ...wayOf(plan, target)].join(' '));
  }
  if (balance.kind === 'leastConnections') lines.push('    ProxySet lbmethod=bybusyness');
  else lines.push('    ProxySet lbmethod=byrequests');
  if (balance.kind === 'cookie') lines.push(`    ProxySet stickysession=${balance.name}`);
  if (balance.kind === 'addressHash') {
    const note = 'Apache cannot: requests go to the targets in turn; balance: {cookie: server} keeps a client at one';
    plan.ledger.judge(keyOf(plan, place, 'balance'), 'refused', note);
  }
  return [...lines, '</Proxy>'];
}

function originOf(target: Target): string {
  if (target.kind === 'unix') return `unix:${filePath('the socket', target.path).slice(1, -1)}|http://localhost`;
  const scheme = target.http2 ? (target.tls === null ? 'h2c' : 'h2') : target.tls === null ? 'http' : 'https';
  return `${scheme}://${bracketed(target.host)}:${target.port}`;
}

/** The parameters of a target that say how it is spoken to. */
function wayOf({ settings: { limits } }: Plan, target: Target): string[] {
  const longest = limits.tunnelIdle === 0 ? 86_400 : seconds(limits.tunnelIdle);
  const words = [`timeout=${longest}`];
  if (limits.connectTimeout !== 0) words.push(`connectiontimeout=${seconds(limits.connectTimeout)}`);
  if (target.kind === 'unix' || !target.http2) words.push('upgrade=websocket');
  return words;
}

/** The lines that lead a place to its app; answers are passed on as they come. */
export function proxyLines(plan: Plan, { site }: PlannedSite, { path, strip, group }: Place): string[] {
  const [first] = group?.targets ?? [];
  if (group === null || first === undefined) return ['ProxyPass "!"'];
  const below = strip === '' ? path : path.slice(strip.length) || (path === '/' ? '/' : '');
  const lines = isBalanced(group)
    ? [`ProxyPass ${quoted(`balancer://${group.id}${below}`)} nocanon`]
    : [
        `ProxyPass ${quoted(originOf(first.target) + below)} ${[...wayOf(plan, first.target), 'flushpackets=on', 'nocanon'].join(' ')}`,
      ];
  const loopbacks = ['127.0.0.1', 'localhost', '::1'];
  for (const { target } of group.targets) {
    if (target.kind === 'unix') continue;
    const scheme = target.tls === null ? 'http' : 'https';
    const hosts = loopbacks.includes(target.host) ? loopbacks : [target.host];
    for (const host of hosts)
      lines.push(`ProxyPassReverse ${quoted(`${scheme}://${bracketed(host)}:${target.port}${below}`)}`);
  }
  for (const name of site.names)
    if (!name.startsWith('*')) lines.push(`ProxyPassReverse ${quoted(`http://${bracketed(name)}${below}`)}`);
  if (strip !== '') lines.push('ProxyPassReverse "/"', `ProxyPassReverseCookiePath "/" ${quoted(`${strip}/`)}`);
  if (group.rules.balance.kind === 'cookie') {
    const { name } = group.rules.balance;
    lines.push(
      `Header add Set-Cookie "${name}=.%{BALANCER_WORKER_ROUTE}e; path=/; HttpOnly" env=BALANCER_ROUTE_CHANGED`,
    );
  }
  return lines;
}

/** What makes Apache verify the certificates of targets. */
export function targetTlsLines(plan: Plan, { places }: PlannedSite): string[] {
  const trusts = places.flatMap((place) =>
    (place.group?.targets ?? []).flatMap(({ target }) =>
      target.kind === 'tcp' && target.tls !== null ? [{ place, ca: target.tls.ca }] : [],
    ),
  );
  const [first] = trusts;
  if (first === undefined) return [];
  for (const { place, ca } of trusts) {
    if (ca === first.ca) continue;
    plan.ledger.judge(
      keyOf(plan, place, 'to'),
      'refused',
      'Apache trusts one CA file for all https:// targets of a site: put both into one file',
    );
  }
  const roots = first.ca === null ? publicRoots : (plan.caFiles.get(first.ca) ?? publicRoots);
  return [
    'SSLProxyEngine On',
    'SSLProxyVerify require',
    'SSLProxyVerifyDepth 5',
    'SSLProxyCheckPeerName On',
    `SSLProxyCACertificateFile ${filePath('the CA file', roots)}`,
  ];
}
