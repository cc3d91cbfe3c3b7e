import { bracketed } from '../../../model/host.ts';
import type { GroupTarget } from '../../../model/target-group.ts';
import { publicRoots } from '../common.ts';
import { keyOf, type Place, type Plan, type PlannedGroup, type PlannedSite } from '../plan.ts';
import { hiddenFields, proxyFields } from './fields.ts';
import { trustedLines } from './guards.ts';
import { publicAddresses } from './public-addresses.ts';
import { block, duration, filePath, plainly, quoted } from './quote.ts';

/** The lines that pass a request on to a target. */
export function writeProxy(plan: Plan, one: PlannedSite, place: Place): string[] {
  const { group, strip } = place;
  if (group === null || group.targets.length === 0) return ['respond 503'];
  const targets = sameKind(plan, group, place);
  const secure = targets.some((target) => schemeOf(target) === 'https');
  return [
    ...(strip === '' ? [] : [`uri strip_prefix ${quoted(strip)}`]),
    ...block('reverse_proxy', [
      `to ${shared(plan, { ...group, targets }, place)
        .map(addressOf)
        .join(' ')}`,
      ...balanceLines(plan, { ...group, targets }, place),
      ...checkLines(plan, group, place),
      ...trustedLines(plan),
      // Newer versions would put the target's name there.
      ...(secure ? ['header_up Host {hostport}'] : []),
      ...proxyFields(place),
      ...hiddenFields(place),
      ...publicAddresses(one, place, targets),
      'flush_interval -1',
      ...transport(plan, targets),
    ]),
  ];
}

function schemeOf({ target }: GroupTarget): 'http' | 'https' | 'h2c' | 'h2' {
  if (target.kind === 'unix') return 'http';
  if (target.http2) return target.tls === null ? 'h2c' : 'h2';
  return target.tls === null ? 'http' : 'https';
}

function addressOf({ target }: GroupTarget): string {
  if (target.kind === 'tcp') return `${bracketed(target.host)}:${target.port}`;
  return filePath('the socket', `unix/${target.path}`);
}

/** One `reverse_proxy` speaks one protocol, with one name in certificates: those of the first target. */
function sameKind(plan: Plan, group: PlannedGroup, place: Place): PlannedGroup['targets'] {
  const kind = (one: GroupTarget): string => {
    const tls = one.target.kind === 'tcp' ? one.target.tls : null;
    return [schemeOf(one), tls?.serverName, tls?.ca].join(' ');
  };
  const [first] = group.targets;
  const kept = group.targets.filter((one) => first !== undefined && kind(one) === kind(first));
  if (kept.length < group.targets.length) {
    const note =
      'Caddy speaks one protocol to all targets of a list, with one server name: those with another than the first are left out';
    plan.ledger.judge(keyOf(plan, place, 'to'), 'refused', note);
  }
  return kept;
}

/** Most entries of a list that stands for weights. */
const mostEntries = 24;

/** Caddy 2.6 knows no weights: a target is named as often as its weight says. */
function shared(plan: Plan, { targets, rules }: PlannedGroup, place: Place): PlannedGroup['targets'] {
  const weights = targets.map(({ weight }) => weight);
  const divisor = weights.reduce(commonDivisor);
  if (weights.every((weight) => weight === divisor)) return targets;
  const judge = (verdict: 'approximated' | 'refused', note: string): void => {
    for (const [index, weight] of weights.entries()) {
      if (weight !== 1) plan.ledger.judge(keyOf(plan, place, 'to', String(index), 'weight'), verdict, note);
    }
  };
  if (rules.balance.kind === 'leastConnections' || rules.balance.kind === 'addressHash') {
    judge('refused', 'this balance finds a target by its load or the address: all get the same share');
    return targets;
  }
  const sum = weights.reduce((all, weight) => all + weight / divisor, 0);
  const share = sum > mostEntries ? mostEntries / sum : 1;
  if (share < 1) judge('approximated', `at most ${mostEntries} times in all`);
  return targets.flatMap((one) =>
    Array<GroupTarget>(Math.max(1, Math.round((one.weight / divisor) * share))).fill(one),
  );
}

function commonDivisor(a: number, b: number): number {
  return b === 0 ? a : commonDivisor(b, a % b);
}

function balanceLines(plan: Plan, { targets, rules }: PlannedGroup, place: Place): string[] {
  const { balance, passive, queue } = rules;
  const most = targets.map(({ maxConnections }) => maxConnections);
  const bound = most.every((one) => one > 0) ? Math.max(...most) : 0;
  const lines: string[] = [];
  if (targets.length > 1) {
    const policies = {
      roundRobin: 'round_robin',
      leastConnections: 'least_conn',
      addressHash: 'ip_hash',
      cookie: balance.kind === 'cookie' ? `cookie ${plainly(balance.name)}` : '',
    };
    lines.push(`lb_policy ${policies[balance.kind]}`, `lb_retries ${targets.length - 1}`);
    if (passive.failures > 0) lines.push(`max_fails ${passive.failures}`, `fail_duration ${duration(passive.out)}`);
  }
  if (bound > 0) {
    lines.push(`unhealthy_request_count ${bound}`);
    if (queue.wait > 0) lines.push(`lb_try_duration ${duration(queue.wait)}`);
  } else if (most.some((one) => one > 0)) {
    plan.ledger.judge(keyOf(plan, place, 'to'), 'refused', 'maxConnections counts for all targets or none');
  }
  return lines;
}

function checkLines(plan: Plan, { rules: { check } }: PlannedGroup, place: Place): string[] {
  if (check === null) return [];
  const [[from, to] = [200, 399], ...more] = check.status;
  const isOne = from === to && more.length === 0;
  const classes = new Set(check.status.flatMap(([low, high]) => [Math.floor(low / 100), Math.floor(high / 100)]));
  const first = Math.floor(from / 100);
  if (!isOne && (classes.size > 1 || from % 100 !== 0 || to % 100 !== 99)) {
    plan.ledger.judge(keyOf(plan, place, 'health', 'status'), 'approximated', `health_status ${first}xx`);
  }
  return [
    `health_uri ${quoted(check.path)}`,
    `health_interval ${duration(check.interval)}`,
    `health_timeout ${duration(check.timeout)}`,
    `health_status ${isOne ? from : `${first}xx`}`,
    ...block('health_headers', [`Host ${quoted(check.host)}`]),
  ];
}

function transport({ settings: { limits }, caFiles }: Plan, targets: PlannedGroup['targets']): string[] {
  const [first] = targets;
  const scheme = first === undefined ? 'http' : schemeOf(first);
  const tls = first?.target.kind === 'tcp' ? first.target.tls : null;
  const roots = tls?.ca == null ? null : (caFiles.get(tls.ca) ?? publicRoots);
  const versions = { http: '1.1', https: '1.1', h2c: 'h2c 2', h2: '2' };
  return block('transport http', [
    // Caddy has a bound of its own where none is said.
    `dial_timeout ${duration(limits.connectTimeout || 86_400_000)}`,
    ...(limits.responseTimeout === 0 ? [] : [`response_header_timeout ${duration(limits.responseTimeout)}`]),
    ...(tls === null ? [] : ['tls', `tls_server_name ${plainly(tls.serverName)}`]),
    ...(roots === null ? [] : [`tls_trusted_ca_certs ${filePath('the CA file', roots)}`]),
    `versions ${versions[scheme]}`,
  ]);
}
