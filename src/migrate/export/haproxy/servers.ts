import { isAddress } from '../../../model/host.ts';
import { addressOf, isNamed, publicRoots } from '../common.ts';
import { keyOf, type Place, type Plan, type PlannedGroup, type PlannedSite } from '../plan.ts';
import { filePath, plainly, word } from './quote.ts';
import { time } from './sections.ts';

/** Longest weight that HAProxy knows. */
const mostWeight = 256;

/** How the targets of a place are chosen, asked and reached. */
export function writeServers(plan: Plan, { site }: PlannedSite, place: Place): string[] {
  const { group } = place;
  if (group === null) return [];
  const { rules } = group;
  const lines = [...balanceLines(rules.balance, site.tls.mode !== 'off'), `timeout queue ${time(rules.queue.wait)}`];
  const { check } = rules;
  if (check !== null) {
    const status = check.status.map(([from, to]) => (from === to ? String(from) : `${from}-${to}`)).join(',');
    lines.push(
      'option httpchk',
      `http-check send meth GET uri ${word(check.path)} ver HTTP/1.1 hdr Host ${plainly(check.host)}`,
      `http-check expect status ${status}`,
      `timeout check ${time(check.timeout)}`,
    );
  }
  const most = Math.max(...group.targets.map(({ weight }) => weight));
  if (most > mostWeight) {
    plan.ledger.judge(
      keyOf(plan, place, 'to'),
      'approximated',
      `weights are at most ${mostWeight}: all are made smaller`,
    );
  }
  if (
    group.targets.some(({ target }) => target.kind === 'tcp' && target.tls !== null && isAddress(target.tls.serverName))
  ) {
    const note = 'HAProxy compares certificates with names alone, never with an address: give the target a serverName';
    plan.ledger.judge(keyOf(plan, place, 'to'), 'refused', note);
  }
  return [...lines, ...group.targets.map((_, index) => serverLine(plan, group, index))];
}

function balanceLines(balance: PlannedGroup['rules']['balance'], secure: boolean): string[] {
  if (balance.kind === 'leastConnections') return ['balance leastconn'];
  if (balance.kind === 'addressHash') return ['balance source', 'hash-type consistent'];
  if (balance.kind === 'cookie')
    return [
      'balance roundrobin',
      `cookie ${word(balance.name)} insert indirect nocache httponly${secure ? ' secure' : ''} attr SameSite=Lax`,
    ];
  return ['balance roundrobin'];
}

function serverLine(plan: Plan, { rules, targets }: PlannedGroup, index: number): string {
  const { target, weight, maxConnections } = targets[index]!;
  const most = Math.max(...targets.map((one) => one.weight));
  const scaled = most > mostWeight ? Math.max(1, Math.round((weight * mostWeight) / most)) : weight;
  const address = target.kind === 'unix' ? filePath('the socket', `unix@${target.path}`) : word(addressOf(target));
  const words = [`server target_${index + 1} ${address}`];
  if (scaled !== 1) words.push(`weight ${scaled}`);
  if (maxConnections > 0) words.push(`maxconn ${maxConnections}`);
  if (rules.balance.kind === 'cookie') words.push(`cookie t${index + 1}`);
  if (target.kind === 'tcp' && target.http2) words.push(target.tls === null ? 'proto h2' : 'alpn h2');
  if (target.kind === 'tcp' && target.tls !== null) {
    const { ca, serverName } = target.tls;
    const roots = ca === null ? publicRoots : (plan.caFiles.get(ca) ?? publicRoots);
    words.push(`ssl verify required ca-file ${filePath('the CA file', roots)}`);
    words.push(`sni str(${serverName}) verifyhost ${serverName}`);
    if (!target.http2) words.push('alpn http/1.1');
  }
  const { check, passive } = rules;
  if (check !== null) {
    words.push(`check inter ${time(check.interval)} rise ${check.rise} fall ${check.fall}`);
    if (passive.failures > 0) words.push(`observe layer7 error-limit ${passive.failures} on-error mark-down`);
    if (passive.slowStart > 0) words.push(`slowstart ${time(passive.slowStart)}`);
  }
  // With servers of their own, names mean nothing to the machine.
  if (isNamed(target)) words.push(`resolvers names${plan.settings.resolvers.length > 0 ? ' init-addr none' : ''}`);
  return words.join(' ');
}

/** The servers that know the names of targets. */
export function writeResolvers({ settings, groups }: Plan): string[] {
  if (!groups.some(({ targets }) => targets.some(({ target }) => isNamed(target)))) return [];
  const own = settings.resolvers.map((server, index) => {
    const withPort = /^\[.*\]:\d+$|^[^:]*:\d+$/.test(server) ? server : `${server.replaceAll(/[[\]]/g, '')}:53`;
    return `    nameserver dns_${index + 1} ${word(withPort.replaceAll(/[[\]]/g, ''))}`;
  });
  return ['resolvers names', ...(own.length > 0 ? own : ['    parse-resolv-conf']), ''];
}
