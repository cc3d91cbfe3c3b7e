import { bracketed, isAddress } from '../../../model/host.ts';
import type { ListenAddress } from '../../../model/settings.ts';
import { appUnit } from '../app-unit.ts';
import { comment, escapeRegex, hostRegex, intermediateCiphers, seconds } from '../common.ts';
import { headOf } from '../head.ts';
import type { Place, Plan, PlannedSite } from '../plan.ts';
import { dotSegment, mistakable } from '../two-readings.ts';
import { fieldMaps, requestFields, responseFields } from './fields.ts';
import { schemeOf, writeGroups, writeTargetTls } from './groups.ts';
import { writeGuards, writeQuestion, writeZones } from './guards.ts';
import { dollar, filePath, quoted, regex } from './quote.ts';

/** A configuration of nginx, 1.22 or newer, for the inside of its `http` block. */
export function writeNginx(plan: Plan): string {
  const body = [...writeZones(plan), ...fieldMaps(plan), ...writeGroups(plan), ...writeHttp(plan), ...writeHttps(plan)];
  const text = body.join('\n');
  const usesDollar = text.includes(dollar);
  const maps = [
    ...(usesDollar ? ['geo $sallyport_dollar {', '    default "$";', '}'] : []),
    ...forwardingMaps(plan),
    '',
  ];
  return [...headOf(plan, usage), ...maps, text.trimEnd(), ''].join('\n');
}

const usage = [
  'As root: save this as /etc/nginx/conf.d/sallyport.conf, remove /etc/nginx/sites-enabled/default,',
  'then `nginx -t && systemctl reload nginx`.',
];

/** What the app is told of the client: trusted proxies are continued, all others stated anew. */
function forwardingMaps({ settings }: Plan): string[] {
  const { trustedProxies } = settings;
  const networks = trustedProxies.map((network) => `    ${network} 1;`);
  return [
    'map $http_upgrade $sallyport_connection {',
    '    default upgrade;',
    '    "" "";',
    '}',
    'geo $realip_remote_addr $sallyport_trusted {',
    '    default 0;',
    ...networks,
    '}',
    'map "$sallyport_trusted$http_x_forwarded_for" $sallyport_forwarded_for {',
    '    default $realip_remote_addr;',
    '    "~^1.+" "$http_x_forwarded_for, $realip_remote_addr";',
    '}',
    'map "$sallyport_trusted$http_x_forwarded_proto" $sallyport_forwarded_proto {',
    '    default $scheme;',
    '    "~^1(?<sallyport_proto>https?)$" $sallyport_proto;',
    '}',
    'map "$sallyport_trusted$http_x_forwarded_host" $sallyport_forwarded_host {',
    '    default $http_host;',
    '    "~^1.+" $http_x_forwarded_host;',
    '}',
    'map $realip_remote_addr $sallyport_node {',
    '    default $realip_remote_addr;',
    `    "~:" '"[$realip_remote_addr]"';`,
    '}',
    'map "$sallyport_trusted$http_forwarded" $sallyport_forwarded {',
    `    default 'for=$sallyport_node;host="$http_host";proto=$scheme';`,
    `    "~^1.+" '$http_forwarded, for=$sallyport_node;host="$http_host";proto=$scheme';`,
    '}',
  ];
}

function writeHttp(plan: Plan): string[] {
  const { listen } = plan.settings;
  if (listen.http.length === 0) return [];
  const secure = plan.sites.filter(({ pairs }) => pairs.length > 0);
  const lines = ['# Names that are not ours.', 'server {'];
  lines.push(...listenLines(listen.http, 'default_server'), '    server_name _;', '    return 404;', '}', '');
  const names = secure.flatMap(({ site }) => site.names);
  if (names.length > 0) {
    const port = listen.https[0]?.port ?? 443;
    const to = `https://$host${port === 443 ? '' : `:${port}`}$request_uri`;
    lines.push('server {', ...listenLines(listen.http, ''), `    server_name ${serverNames(names)};`);
    lines.push(
      '    location / {',
      '        if ($request_method !~ "^(GET|HEAD)$") {',
      `            return 308 ${to};`,
      '        }',
      `        return 301 ${to};`,
      '    }',
      '}',
      '',
    );
  }
  for (const one of plan.sites)
    if (one.pairs.length === 0) lines.push(...writeServer(plan, one, listenLines(listen.http, '')));
  return lines;
}

function writeHttps(plan: Plan): string[] {
  const { listen, http2 } = plan.settings;
  const secure = plan.sites.filter(({ pairs }) => pairs.length > 0);
  if (listen.https.length === 0 || secure.length === 0) return [];
  const words = http2 ? 'ssl http2' : 'ssl';
  const lines: string[] = [];
  // Clients send no name for an address: its site is the one for connections without a name.
  const bare = secure.find(({ site }) => site.names.some(isAddress));
  if (bare === undefined) {
    lines.push(
      '# Names that are not ours get no handshake.',
      'server {',
      ...listenLines(listen.https, `${words} default_server`),
    );
    lines.push('    server_name _;', ...tlsLines(), '    ssl_reject_handshake on;', '    return 421;', '}', '');
  } else {
    const note = 'clients send no name for an address: unknown names get the certificate of this site, and 421';
    plan.ledger.judge(bare.key, 'approximated', note);
  }
  for (const one of secure) {
    lines.push(...writeServer(plan, one, listenLines(listen.https, one === bare ? `${words} default_server` : words)));
  }
  return lines;
}

function listenLines(addresses: readonly ListenAddress[], words: string): string[] {
  return addresses.flatMap(({ host, port, proxyProtocol }) => {
    const places = host === '' ? [String(port), `[::]:${port}`] : [`${bracketed(host)}:${port}`];
    const all = [...words.split(' ').filter(Boolean), ...(proxyProtocol ? ['proxy_protocol'] : [])];
    return places.map((place) => `    ${['listen', place, ...all].join(' ')};`);
  });
}

function serverNames(names: readonly string[]): string {
  return names
    .map((name) => {
      if (name.startsWith('*.')) return regex(`~^${hostRegex(name)}$`);
      return name.includes(':') ? `"[${name}]"` : name;
    })
    .join(' ');
}

function tlsLines(): string[] {
  return [
    '    ssl_protocols TLSv1.2 TLSv1.3;',
    `    ssl_ciphers ${intermediateCiphers};`,
    '    ssl_prefer_server_ciphers off;',
    '    ssl_session_cache shared:sallyport:10m;',
    '    ssl_session_timeout 1d;',
    '    ssl_session_tickets off;',
  ];
}

function writeServer(plan: Plan, one: PlannedSite, listen: readonly string[]): string[] {
  const { site, pairs, places } = one;
  const lines = [`# ${site.name}`, 'server {', ...listen, `    server_name ${serverNames(site.names)};`, ''];
  for (const { certificate, key } of pairs) {
    lines.push(
      `    ssl_certificate ${filePath('the certificate', certificate)};`,
      `    ssl_certificate_key ${filePath('the key', key)};`,
    );
  }
  if (pairs.length > 0) lines.push(...tlsLines());
  if (site.clientCertificates !== undefined) {
    const { ca, revocations } = site.clientCertificates;
    const file = ca ?? `${plan.settings.state}/authority/root.pem`;
    lines.push(
      `    ssl_client_certificate ${filePath('the CA file', file)};`,
      '    ssl_verify_client optional;',
      '    ssl_verify_depth 5;',
    );
    if (revocations !== null) lines.push(`    ssl_crl ${filePath('the revocation list', revocations)};`);
  }
  lines.push(...trustLines(plan), ...limitLines(plan), ...logLines(plan), ...proxyLines(plan, one), '');
  lines.push(...refuseTwoReadings(places));
  const bodies = places.map((place) => ({ place, fields: fieldLines(plan, one, place) }));
  const common = bodies.at(-1)?.fields ?? [];
  lines.push(...common.map((line) => `    ${line}`), '');
  for (const { place, fields } of bodies) {
    const own = fields.join('\n') === common.join('\n') ? [] : fields;
    lines.push(
      ...writeQuestion(plan, place).map((line) => `    ${line}`.trimEnd()),
      ...writeLocation(plan, one, place, own),
      '',
    );
  }
  if (!places.some(({ path }) => path === '/')) lines.push('    location / {', '        return 404;', '    }', '');
  return [...lines.slice(0, -1), '}', ''];
}

/** nginx looks for its location in a path that it has read; the app gets it as it was sent. */
function refuseTwoReadings(places: readonly Place[]): string[] {
  if (places.length < 2 && places.every(({ auth }) => auth === null)) return [];
  const refuse = (condition: string): string[] => [
    `    if ($request_uri ${condition}) {`,
    '        return 400;',
    '    }',
  ];
  return [
    '    # Paths that nginx and an app might read in two ways.',
    '    merge_slashes off;',
    ...refuse(`~* ${regex(`^[^?]*${dotSegment()}`)}`),
    ...places.flatMap(({ path }) => (path === '/' ? [] : refuse(`~ ${regex(`^${mistakable(path)}`)}`))),
    '',
  ];
}

function fieldLines(plan: Plan, one: PlannedSite, place: Place): string[] {
  return [...(place.group === null ? [] : requestFields(one, place)), ...responseFields(plan, one, place)];
}

function trustLines({ settings }: Plan): string[] {
  const { trustedProxies, listen } = settings;
  if (trustedProxies.length === 0) return [];
  const introduced = [...listen.http, ...listen.https].some(({ proxyProtocol }) => proxyProtocol);
  return [
    ...trustedProxies.map((network) => `    set_real_ip_from ${network};`),
    `    real_ip_header ${introduced ? 'proxy_protocol' : 'X-Forwarded-For'};`,
    ...(introduced ? [] : ['    real_ip_recursive on;']),
  ];
}

function limitLines({ settings: { limits } }: Plan): string[] {
  const time = (name: string, value: number): string => `    ${name} ${value === 0 ? '365d' : `${seconds(value)}s`};`;
  const kilobytes = Math.max(1, Math.ceil((limits.headBytes || 2 ** 24) / 1024));
  return [
    '    client_max_body_size 0;',
    time('client_header_timeout', limits.headTimeout),
    time('client_body_timeout', limits.bodyIdle),
    time('send_timeout', limits.bodyIdle),
    time('keepalive_timeout', limits.keepAlive),
    `    large_client_header_buffers 4 ${kilobytes}k;`,
    ...(limits.connectionsPerAddress > 0
      ? [`    limit_conn sallyport_addresses ${limits.connectionsPerAddress};`]
      : []),
  ];
}

/** What holds for every request to an app; answers are passed on as they come, so server-sent events and WebSockets work. */
function proxyLines({ settings: { limits } }: Plan, { places }: PlannedSite): string[] {
  const time = (value: number): string => (value === 0 ? '365d' : `${seconds(value)}s`);
  const prefixes = new Set(places.flatMap(({ group }) => group?.targets.map(({ target }) => schemeOf(target)) ?? []));
  const timeouts = (prefix: string): string[] => [
    `    ${prefix}_connect_timeout ${time(limits.connectTimeout)};`,
    `    ${prefix}_read_timeout ${time(limits.tunnelIdle)};`,
    `    ${prefix}_send_timeout ${time(limits.bodyIdle)};`,
    `    ${prefix}_next_upstream error;`,
  ];
  const proxies = prefixes.has('http') || prefixes.has('https');
  const own = ['    proxy_http_version 1.1;', '    proxy_buffering off;', '    proxy_request_buffering off;'];
  const calls = prefixes.has('grpc') || prefixes.has('grpcs');
  return [...(proxies ? [...own, ...timeouts('proxy')] : []), ...(calls ? timeouts('grpc') : [])];
}

function logLines({ settings: { logs }, ledger }: Plan): string[] {
  const lines: string[] = [];
  if (logs.access === 'off') lines.push('    access_log off;');
  else if (logs.access.startsWith('/')) lines.push(`    access_log ${filePath('the log', logs.access)} combined;`);
  else ledger.judge(['logs', 'access'], 'approximated', 'nginx is a service: /var/log/nginx/access.log');
  if (logs.format === 'json')
    ledger.judge(['logs', 'format'], 'approximated', 'combined; JSON needs a log_format of your own');
  if (logs.errors === 'off') lines.push('    error_log /dev/null crit;');
  else if (logs.errors.startsWith('/')) lines.push(`    error_log ${filePath('the log', logs.errors)};`);
  else ledger.judge(['logs', 'errors'], 'approximated', 'nginx is a service: /var/log/nginx/error.log');
  return lines;
}

function writeLocation(plan: Plan, one: PlannedSite, place: Place, fields: readonly string[]): string[] {
  const lines = [...writeGuards(plan, one, place), ...fields, ...writeAction(plan, place)];
  const app = place.group?.app;
  const remark = app ? comment(appUnit(app.settings, app.port), '    ') : [];
  return [...remark, `    location ${locationOf(place.path)} {`, ...lines.map((line) => `        ${line}`), '    }'];
}

/** Whole segments, the first pattern that fits: they stand longest first. */
function locationOf(path: string): string {
  return path === '/' ? '/' : `~ ${regex(`^${escapeRegex(decoded(path))}(/|$)`)}`;
}

/** nginx compares paths decoded. */
function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

function writeAction(plan: Plan, place: Place): string[] {
  const { action } = place.route;
  if (action.kind === 'redirect') {
    const { location, status } = action;
    const whole = location.startsWith('/')
      ? `$scheme://$http_host${quoted(location).slice(1, -1)}`
      : quoted(location).slice(1, -1);
    return [`return ${status} "${whole}";`];
  }
  const { group } = place;
  const first = group?.targets[0]?.target;
  if (group === null || first === undefined) return ['return 503;'];
  const scheme = schemeOf(first);
  const prefix = scheme.startsWith('grpc') ? 'grpc' : 'proxy';
  const lines: string[] = [];
  if (place.strip !== '') {
    lines.push(
      'set $sallyport_rest "";',
      `if ($request_uri ~ ${regex(`^${escapeRegex(place.strip)}/*(.*)$`)}) {`,
      '    set $sallyport_rest $1;',
      '}',
    );
  }
  if (prefix === 'proxy') {
    lines.push(`proxy_pass ${scheme}://${group.id}${place.strip === '' ? '' : '/$sallyport_rest'};`);
    lines.push(...publicAddresses(place));
  } else {
    if (place.strip !== '') lines.push(`rewrite ${regex(`^${escapeRegex(place.strip)}/*(.*)$`)} /$1 break;`);
    lines.push(`grpc_pass ${scheme}://${group.id};`);
  }
  return [...lines, ...writeTargetTls(plan, place)];
}

/** Redirects to the app's own address come back with the public one, and with the prefix that was taken off. */
function publicAddresses({ group, strip }: Place): string[] {
  const targets = group?.targets.map(({ target }) => target) ?? [];
  const prefix = strip === '' ? '' : `(?:${escapeRegex(strip)}(?=[/?]|$))?`;
  const to = (capture: string): string => `$scheme://$http_host${quoted(strip).slice(1, -1)}$${capture}`;
  const own = targets.flatMap((target) => {
    if (target.kind === 'unix') return [];
    const isLoopback = ['localhost', '127.0.0.1', '::1'].includes(target.host);
    const host = isLoopback ? '(?:localhost|127\\.0\\.0\\.1|\\[::1\\])' : escapeRegex(bracketed(target.host));
    const scheme = target.tls === null ? 'http' : 'https';
    return [`proxy_redirect ${regex(`~*^${scheme}://${host}:${target.port}${prefix}(/.*)?$`)} "${to('1')}";`];
  });
  const lines = [...own, `proxy_redirect ${regex(`~*^https?://$host(?::\\d+)?${prefix}(/.*)?$`)} "${to('1')}";`];
  if (strip === '') return lines;
  const path = `proxy_redirect ${regex(`~^(?!${escapeRegex(strip)}(?:[/?#]|$))(/.*)$`)} ${quoted(strip).slice(0, -1)}$1";`;
  return [...lines, path, `proxy_cookie_path ~^/(.*)$ ${quoted(`${strip}/`).slice(0, -1)}$1";`];
}
