import { addressOf, isNamed, publicRoots, seconds } from '../common.ts';
import { keyOf, type Place, type Plan, type PlannedGroup } from '../plan.ts';
import { filePath, plainly } from './quote.ts';

/** The `upstream` blocks. */
export function writeGroups(plan: Plan): string[] {
  const places = plan.sites.flatMap((site) => site.places);
  return plan.groups.flatMap((group) => {
    const place = places.find((one) => one.group === group);
    return place === undefined ? [] : writeGroup(plan, group, place);
  });
}

function writeGroup(plan: Plan, group: PlannedGroup, place: Place): string[] {
  const { rules } = group;
  const targets = sameKind(plan, group, place);
  const lines = [`upstream ${group.id} {`];
  if (rules.balance.kind === 'leastConnections') lines.push('    least_conn;');
  if (rules.balance.kind === 'addressHash' || rules.balance.kind === 'cookie') {
    lines.push('    hash $remote_addr consistent;');
  }
  if (targets.some(({ maxConnections }) => maxConnections > 0)) lines.push(`    zone ${group.id} 64k;`);
  const { failures, out } = rules.passive;
  for (const { target, weight, maxConnections } of targets) {
    const words = [
      `    server ${target.kind === 'unix' ? filePath('the socket', addressOf(target)) : addressOf(target)}`,
    ];
    if (weight !== 1) words.push(`weight=${weight}`);
    if (maxConnections > 0) words.push(`max_conns=${maxConnections}`);
    if (targets.length > 1) words.push(`max_fails=${failures}`, `fail_timeout=${seconds(out)}s`);
    lines.push(`${words.join(' ')};`);
    if (isNamed(target)) {
      plan.ledger.judge(
        keyOf(plan, place, 'to'),
        'approximated',
        `nginx looks ${target.kind === 'tcp' ? target.host : ''} up once, when it starts, and does not start without it`,
      );
    }
  }
  lines.push('    keepalive 32;', '}', '');
  return lines;
}

/** One `proxy_pass` speaks one protocol: that of the first target. */
function sameKind(plan: Plan, group: PlannedGroup, place: Place): PlannedGroup['targets'] {
  const [first] = group.targets;
  const kept = group.targets.filter(({ target }) => schemeOf(target) === (first && schemeOf(first.target)));
  if (kept.length < group.targets.length) {
    const note = 'nginx speaks one protocol to all targets of a list: those with another than the first are left out';
    plan.ledger.judge(keyOf(plan, place, 'to'), 'refused', note);
  }
  return kept;
}

/** The scheme nginx speaks to a target with. */
export function schemeOf(target: PlannedGroup['targets'][number]['target']): 'http' | 'https' | 'grpc' | 'grpcs' {
  if (target.kind === 'unix') return 'http';
  if (target.http2) return target.tls === null ? 'grpc' : 'grpcs';
  return target.tls === null ? 'http' : 'https';
}

/** What makes nginx verify the target's certificate. */
export function writeTargetTls(plan: Plan, { group }: Place): string[] {
  const target = group?.targets[0]?.target;
  if (target?.kind !== 'tcp' || target.tls === null) return [];
  const prefix = target.http2 ? 'grpc' : 'proxy';
  const { ca, serverName } = target.tls;
  const roots = ca === null ? publicRoots : (plan.caFiles.get(ca) ?? publicRoots);
  return [
    `${prefix}_ssl_verify on;`,
    `${prefix}_ssl_verify_depth 5;`,
    `${prefix}_ssl_trusted_certificate ${filePath('the CA file', roots)};`,
    `${prefix}_ssl_server_name on;`,
    `${prefix}_ssl_name ${plainly(serverName)};`,
  ];
}
