import { bracketed } from '../../../model/host.ts';
import type { GroupTarget } from '../../../model/target-group.ts';
import { addressOf, escapeRegex, forgedFields } from '../common.ts';
import { keyOf, type Place, type Plan, type PlannedSite } from '../plan.ts';
import { needed, value } from './quote.ts';

type Target = GroupTarget['target'];

/** The lines that lead a place to its app. */
export function proxyLines(plan: Plan, one: PlannedSite, place: Place): string[] {
  const { group, strip } = place;
  const [first] = group?.targets ?? [];
  if (group === null || first === undefined) return ['respond 503'];
  const kept = group.targets.filter(({ target }) => schemeOf(target) === schemeOf(first.target));
  if (kept.length < group.targets.length) {
    plan.ledger.judge(
      keyOf(plan, place, 'to'),
      'refused',
      'Caddy speaks one protocol to all targets of a list: those with another than the first are left out',
    );
  }
  const lines = strip === '' ? [] : [`uri strip_prefix ${needed('the path', strip)}`];
  const addresses = kept.map(({ target }) => needed('the socket', originOf(target)));
  return [
    ...lines,
    `reverse_proxy ${addresses.join(' ')} {`,
    ...[
      ...balanceLines(plan, place),
      ...requestLines(plan, one, place),
      ...locationLines(place),
      ...transportLines(plan, first.target),
    ].map((line) => `    ${line}`),
    '}',
  ];
}

function schemeOf(target: Target): 'http' | 'https' | 'h2c' | 'h2' | 'unix' {
  if (target.kind === 'unix') return 'unix';
  if (target.http2) return target.tls === null ? 'h2c' : 'h2';
  return target.tls === null ? 'http' : 'https';
}

function originOf(target: Target): string {
  const schemes = { http: '', https: 'https://', h2: 'https://', h2c: 'h2c://', unix: '' };
  return target.kind === 'unix' ? `unix/${target.path}` : `${schemes[schemeOf(target)]}${addressOf(target)}`;
}

function balanceLines({ settings }: Plan, { group, route }: Place): string[] {
  const rules = group?.rules;
  const site = settings.sites.find(({ routes }) => routes.includes(route));
  if (rules === undefined || group === null) return [];
  const { balance, check, passive, queue } = rules;
  const policies = { roundRobin: 'round_robin', leastConnections: 'least_conn', addressHash: 'ip_hash', cookie: '' };
  const lines: string[] = [];
  if (group.targets.length > 1) {
    lines.push(`lb_policy ${balance.kind === 'cookie' ? `cookie ${balance.name}` : policies[balance.kind]}`);
    lines.push(
      `lb_try_duration ${queue.wait}ms`,
      `max_fails ${passive.failures || 1_000_000}`,
      `fail_duration ${passive.out}ms`,
    );
  }
  const most = group.targets.find(({ maxConnections }) => maxConnections > 0)?.maxConnections;
  if (most !== undefined) lines.push(`unhealthy_request_count ${most}`);
  if (check === null) return lines;
  const [[from, to] = [200, 299]] = check.status;
  const status = from === to ? String(from) : `${String(from)[0]}xx`;
  lines.push(`health_uri ${needed('the path of health', check.path)}`, `health_interval ${check.interval}ms`);
  lines.push(`health_timeout ${check.timeout}ms`, `health_status ${status}`);
  return [
    ...lines,
    'health_headers {',
    `    Host ${needed('the host of health', check.host || (site?.name ?? ''))}`,
    '}',
  ];
}

function requestLines(plan: Plan, { site, places }: PlannedSite, place: Place): string[] {
  const { request } = place.route.headers;
  const { trustedProxies } = plan.settings;
  const lines = trustedProxies.length === 0 ? [] : [`trusted_proxies ${trustedProxies.join(' ')}`];
  lines.push(
    'header_up X-Real-IP {remote_host}',
    'header_up Forwarded `for={remote_host};host="{hostport}";proto={scheme}`',
  );
  const stated = new Set<string>();
  const set = (name: string, text: string): void => {
    stated.add(name.toLowerCase());
    lines.push(`header_up ${name} ${text}`);
  };
  if (place.strip !== '') set('X-Forwarded-Prefix', needed('the path', place.strip));
  if (place.auth !== null) {
    set('X-Remote-User', '{http.auth.user.id}');
    if (!place.auth.passAuthorization) lines.push('header_up -Authorization');
  } else if (places.some(({ auth }) => auth !== null)) lines.push('header_up -X-Remote-User');
  const asked = site.clientCertificates;
  if (asked !== undefined) {
    const of = (name: string): string => `{http.request.tls.client.${name}}`;
    set('X-Client-Cert-Subject', of('subject'));
    set('X-Client-Cert-Serial', of('serial'));
    set('X-Client-Cert-Fingerprint', of('fingerprint'));
    if (asked.passCertificate) set('Client-Cert', `:${of('certificate_der_base64')}:`);
  }
  for (const name of forgedFields) if (!stated.has(name.toLowerCase())) lines.push(`header_up -${name}`);
  const change = (way: 'set' | 'add', sign: string, [name, text]: readonly [string, string]): void => {
    const written = value(text);
    if (written !== null) lines.push(`header_up ${sign}${name} ${written}`);
    else
      plan.ledger.judge(
        keyOf(plan, place, 'headers', 'request', way, name),
        'refused',
        'a Caddyfile cannot have this value',
      );
  };
  for (const name of request.remove) lines.push(`header_up -${name}`);
  for (const field of request.set) change('set', '', field);
  for (const field of request.add) change('add', '+', field);
  return lines;
}

/** Redirects to the app's own address come back with the public one, and with the prefix that was taken off. */
function locationLines({ group, strip, route: { safeHeaders } }: Place): string[] {
  const lines = (group?.targets ?? []).flatMap(({ target }) => {
    if (target.kind === 'unix') return [];
    const isLoopback = ['localhost', '127.0.0.1', '::1'].includes(target.host);
    const host = isLoopback ? '(?:localhost|127\\.0\\.0\\.1|\\[::1\\])' : escapeRegex(bracketed(target.host));
    const scheme = target.tls === null ? 'http' : 'https';
    return [`header_down Location \`^${scheme}://${host}:${target.port}(/.*)?$\` \`{scheme}://{hostport}${strip}$1\``];
  });
  if (strip !== '')
    lines.push(
      `header_down Location \`^(/[^/].*|/)$\` \`${strip}$1\``,
      `header_down Set-Cookie \`(?i)(;\\s*path=)/\` \`$1${strip}/\``,
    );
  if (safeHeaders?.secureCookies) lines.push('header_down Set-Cookie `^(.*)$` `$1; Secure`');
  return lines;
}

function transportLines({ settings: { limits }, caFiles }: Plan, target: Target): string[] {
  const scheme = schemeOf(target);
  const lines: string[] = [];
  if (scheme === 'h2c') lines.push('versions h2c 2');
  if (scheme === 'http') lines.push('versions 1.1');
  if (limits.connectTimeout > 0) lines.push(`dial_timeout ${limits.connectTimeout}ms`);
  if (limits.responseTimeout > 0) lines.push(`response_header_timeout ${limits.responseTimeout}ms`);
  if (target.kind === 'tcp' && target.tls !== null) {
    const ca = target.tls.ca === null ? undefined : caFiles.get(target.tls.ca);
    lines.push('tls', `tls_server_name ${target.tls.serverName}`);
    if (ca !== undefined) lines.push(`tls_trusted_ca_certs ${needed('the CA file', ca)}`);
  }
  return ['flush_interval -1', 'transport http {', ...lines.map((line) => `    ${line}`), '}'];
}
