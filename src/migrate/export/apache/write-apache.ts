import { bracketed, isAddress } from '../../../model/host.ts';
import type { ListenAddress } from '../../../model/settings.ts';
import { appUnit } from '../app-unit.ts';
import { comment, escapeRegex, intermediateCiphers, seconds } from '../common.ts';
import { headOf } from '../head.ts';
import type { Place, Plan, PlannedSite } from '../plan.ts';
import { dotSegment, mistakable } from '../two-readings.ts';
import { fieldLines, forwardingLines } from './fields.ts';
import { guardLines } from './guards.ts';
import { balancerLines, isBalanced, proxyLines, targetTlsLines } from './proxy.ts';
import { dollar, filePath, quoted, regex, rewritePattern } from './quote.ts';

/** A configuration of Apache, 2.4.47 or newer, for sites-available. */
export function writeApache(plan: Plan): string {
  const body = [...serverLines(plan), ...balancerLines(plan), ...httpLines(plan), ...httpsLines(plan)].join('\n');
  const usesDollar = body.includes(dollar);
  const head = headOf(plan, [
    'As root: save this as /etc/apache2/sites-available/sallyport.conf, then',
    `  a2enmod ${modulesOf(plan).join(' ')}`,
    '  a2dissite 000-default; a2ensite sallyport; apachectl configtest && systemctl restart apache2',
  ]);
  return [...head, ...(usesDollar ? ['Define SALLYPORT_DOLLAR "$"', ''] : []), body.trimEnd(), ''].join('\n');
}

/** The modules that Debian does not enable by itself. */
function modulesOf({ groups, settings, sites }: Plan): string[] {
  const modules = ['headers', 'rewrite', 'proxy', 'proxy_http', 'proxy_wstunnel'];
  if (sites.some(({ pairs }) => pairs.length > 0)) modules.push('ssl');
  if (settings.http2) modules.push('http2');
  if (settings.trustedProxies.length > 0) modules.push('remoteip');
  const targets = groups.flatMap((group) => group.targets);
  if (targets.some(({ target }) => target.kind === 'tcp' && target.http2)) modules.push('proxy_http2');
  const balanced = groups.filter(isBalanced);
  if (balanced.length > 0) modules.push('proxy_balancer', 'lbmethod_byrequests');
  if (balanced.some(({ rules }) => rules.balance.kind === 'leastConnections')) modules.push('lbmethod_bybusyness');
  if (balanced.some(({ rules }) => rules.check !== null)) modules.push('proxy_hcheck');
  return modules;
}

function serverLines({ settings: { listen, limits } }: Plan): string[] {
  const usual = { http: 80, https: 443 };
  const lines = (['http', 'https'] as const).flatMap((scheme) =>
    // Debian's ports.conf has the usual ones.
    listen[scheme].filter(({ port }) => port !== usual[scheme]).map((address) => `Listen ${placeOf(address)}`),
  );
  return [...lines, `GracefulShutdownTimeout ${seconds(limits.drainTimeout)}`, ''];
}

function placeOf({ host, port }: ListenAddress): string {
  return host === '' ? String(port) : `${bracketed(host)}:${port}`;
}

function hostLine(addresses: readonly ListenAddress[]): string {
  return `<VirtualHost ${addresses.map(({ host, port }) => `${host === '' ? '*' : bracketed(host)}:${port}`).join(' ')}>`;
}

function httpLines(plan: Plan): string[] {
  const { listen } = plan.settings;
  if (listen.http.length === 0) return [];
  const lines = ['# Names that are not ours: the first host is for all that no other one has.', hostLine(listen.http)];
  lines.push('    ServerName unknown.invalid', '    RedirectMatch 404 ".*"', '</VirtualHost>', '');
  const secure = plan.sites.filter(({ pairs }) => pairs.length > 0);
  for (const { site } of secure) {
    const port = listen.https[0]?.port ?? 443;
    const to = `"https://%{SERVER_NAME}${port === 443 ? '' : `:${port}`}%1"`;
    lines.push(hostLine(listen.http), ...nameLines(site.names), ...introductionLines(plan, 'http'));
    lines.push('    RewriteEngine On');
    for (const [condition, status] of [
      ['^(GET|HEAD)$', 301],
      ['!^(GET|HEAD)$', 308],
    ] as const) {
      lines.push(
        `    RewriteCond %{REQUEST_METHOD} "${condition}"`,
        '    RewriteCond %{THE_REQUEST} "^\\S+ ([^?\\s]*)"',
      );
      lines.push(`    RewriteRule ^ ${to} [R=${status},L,NE]`);
    }
    lines.push('</VirtualHost>', '');
  }
  for (const one of plan.sites) if (one.pairs.length === 0) lines.push(...siteLines(plan, one, 'http'));
  return lines;
}

function httpsLines(plan: Plan): string[] {
  const { listen } = plan.settings;
  const secure = plan.sites.filter(({ pairs }) => pairs.length > 0);
  const [first] = secure;
  if (listen.https.length === 0 || first === undefined) return [];
  const note = 'Apache cannot refuse a handshake: unknown names get the certificate of the first site, and 421';
  plan.ledger.judge(first.key, 'approximated', note);
  return [
    '# Names that are not ours.',
    hostLine(listen.https),
    '    ServerName unknown.invalid',
    ...tlsLines(plan, first),
    '    RedirectMatch 421 ".*"',
    '</VirtualHost>',
    '',
    ...secure.flatMap((one) => siteLines(plan, one, 'https')),
  ];
}

function nameLines([name = '', ...aliases]: readonly string[]): string[] {
  // A ServerName is no pattern.
  if (name.startsWith('*.'))
    return [`    ServerName ${name.replace('*', 'any')}`, `    ServerAlias ${[name, ...aliases].join(' ')}`];
  return [`    ServerName ${bracketed(name)}`, ...(aliases.length > 0 ? [`    ServerAlias ${aliases.join(' ')}`] : [])];
}

function introductionLines({ settings: { listen, trustedProxies } }: Plan, scheme: 'http' | 'https'): string[] {
  if (trustedProxies.length === 0) return [];
  if (listen[scheme].some(({ proxyProtocol }) => proxyProtocol)) return ['    RemoteIPProxyProtocol On'];
  return [
    '    RemoteIPHeader X-Forwarded-For',
    ...trustedProxies.map((network) => `    RemoteIPInternalProxy ${network}`),
  ];
}

function tlsLines({ settings }: Plan, { pairs }: PlannedSite): string[] {
  return [
    '    SSLEngine On',
    ...pairs.flatMap(({ certificate, key }) => [
      `    SSLCertificateFile ${filePath('the certificate', certificate)}`,
      `    SSLCertificateKeyFile ${filePath('the key', key)}`,
    ]),
    '    SSLProtocol -all +TLSv1.2 +TLSv1.3',
    `    SSLCipherSuite ${intermediateCiphers}`,
    '    SSLHonorCipherOrder Off',
    '    SSLSessionTickets Off',
    `    Protocols ${settings.http2 ? 'h2 http/1.1' : 'http/1.1'}`,
  ];
}

function siteLines(plan: Plan, one: PlannedSite, scheme: 'http' | 'https'): string[] {
  const { site, places } = one;
  for (const name of site.names) {
    if (name.startsWith('*.'))
      plan.ledger.judge(one.key, 'approximated', `${name} stands for several labels in Apache`);
    if (isAddress(name))
      plan.ledger.judge(
        one.key,
        'approximated',
        'clients send no name for an address: they meet the host for unknown names',
      );
  }
  const inner = [
    ...(scheme === 'https' ? tlsLines(plan, one).map((line) => line.trim()) : []),
    ...clientLines(plan, one),
    ...limitLines(plan),
    ...logLines(plan),
    '',
    'ProxyPreserveHost On',
    'ProxyAddHeaders Off',
    'AllowEncodedSlashes NoDecode',
    'MergeSlashes Off',
    ...targetTlsLines(plan, one),
    ...forwardingLines(),
    ...(places.some(({ auth }) => auth !== null) ? ['RequestHeader unset X-Remote-User'] : []),
    '',
    ...refuseTwoReadings(places),
    ...answerLines(places),
    ...[...places].reverse().flatMap((place) => placeLines(plan, one, place)),
  ];
  return [
    `# ${site.name}`,
    hostLine(plan.settings.listen[scheme]),
    ...nameLines(site.names),
    ...introductionLines(plan, scheme),
    ...inner.map((line) => (line === '' ? '' : `    ${line}`)),
    '</VirtualHost>',
    '',
  ];
}

/** Apache looks for its place in a path that it has read; the app gets it as it was sent. */
function refuseTwoReadings(places: readonly Place[]): string[] {
  if (places.length < 2 && places.every(({ auth }) => auth === null)) return [];
  const over = '\\?|\\s';
  const refuse = (pattern: string, flags = ''): string[] => [
    `RewriteCond %{THE_REQUEST} ${rewritePattern(`^\\S+ ${pattern}`)}${flags}`,
    'RewriteRule ^ - [R=400,L]',
  ];
  return [
    '# Paths that Apache and an app might read in two ways.',
    'RewriteEngine On',
    ...refuse(`[^?\\s]*${dotSegment(over)}`, ' [NC]'),
    ...places.flatMap(({ path }) => (path === '/' ? [] : refuse(mistakable(path, over)))),
    '',
  ];
}

function clientLines({ settings }: Plan, { site: { clientCertificates: asked } }: PlannedSite): string[] {
  if (asked === undefined) return [];
  const { ca, revocations } = asked;
  const lines = ['SSLVerifyClient optional', 'SSLVerifyDepth 5'];
  lines.push(`SSLCACertificateFile ${filePath('the CA file', ca ?? `${settings.state}/authority/root.pem`)}`);
  if (revocations === null) return lines;
  return [
    ...lines,
    `SSLCARevocationFile ${filePath('the revocation list', revocations)}`,
    'SSLCARevocationCheck chain',
  ];
}

function limitLines({ settings: { limits } }: Plan): string[] {
  const handshake = `handshake=${seconds(limits.handshakeTimeout)}`;
  const body = limits.bodyIdle === 0 ? 'body=0' : `body=${seconds(limits.bodyIdle)},MinRate=1`;
  return [
    `RequestReadTimeout ${handshake} header=${seconds(limits.headTimeout)} ${body}`,
    `KeepAliveTimeout ${seconds(limits.keepAlive)}`,
    `Timeout ${seconds(limits.bodyIdle) || 86_400}`,
    `LimitRequestLine ${limits.headBytes || 2 ** 24}`,
    `LimitRequestFieldSize ${limits.headBytes || 2 ** 24}`,
    `LimitRequestFields ${limits.headFields}`,
  ];
}

function logLines({ settings: { logs }, ledger }: Plan): string[] {
  const lines: string[] = [];
  const own = (name: string): string => `"\${APACHE_LOG_DIR}/${name}.log"`;
  if (logs.access.startsWith('/')) lines.push(`CustomLog ${filePath('the log', logs.access)} combined`);
  else if (logs.access !== 'off') {
    ledger.judge(['logs', 'access'], 'approximated', 'Apache is a service: /var/log/apache2/access.log');
    lines.push(`CustomLog ${own('access')} combined`);
  }
  if (logs.format === 'json')
    ledger.judge(['logs', 'format'], 'approximated', 'combined; JSON needs a LogFormat of your own');
  if (logs.errors === 'off') lines.push('ErrorLog "/dev/null"');
  else if (logs.errors.startsWith('/')) lines.push(`ErrorLog ${filePath('the log', logs.errors)}`);
  else ledger.judge(['logs', 'errors'], 'approximated', 'Apache is a service: /var/log/apache2/error.log');
  return lines;
}

/** Answers of Apache's own: what no place takes, redirects, and places whose guard it does not have. */
function answerLines(places: readonly Place[]): string[] {
  const lines: string[] = [];
  for (const place of places) {
    const { action, access } = place.route;
    if (access?.forwardAuth !== undefined) lines.push(`RedirectMatch 503 ${regex(patternOf(places, place))}`);
    else if (action.kind === 'redirect') {
      const to = quoted(action.location.replaceAll('\\', '\\\\').replaceAll('$', '\\$'));
      lines.push(`RedirectMatch ${action.status} ${regex(patternOf(places, place))} ${to}`);
    }
  }
  if (!places.some(({ path }) => path === '/')) {
    const taken = places.map(({ path }) => escapeRegex(decoded(path))).join('|');
    lines.push(`RedirectMatch 404 ${regex(`^(?!(${taken})(/|$))`)}`);
  }
  return lines.length === 0 ? [] : [...lines, ''];
}

/** What a place takes and no longer one does. */
function patternOf(places: readonly Place[], { path }: Place): string {
  const prefix = path === '/' ? '' : path;
  const longer = places.filter((other) => other.path !== path && other.path.startsWith(`${prefix}/`));
  const not = longer.map((other) => escapeRegex(decoded(other.path))).join('|');
  return `^${not === '' ? '' : `(?!(${not})(/|$))`}${path === '/' ? '/' : `${escapeRegex(decoded(path))}(/|$)`}`;
}

function placeLines(plan: Plan, one: PlannedSite, place: Place): string[] {
  const app = place.group?.app;
  const fields = fieldLines(plan, one, place);
  const hasLonger = patternOf(one.places, place).startsWith('^(?!');
  const lines = [...guardLines(plan, one, place)];
  if (place.route.access?.forwardAuth === undefined) lines.push(...proxyLines(plan, one, place));
  else lines.push('ProxyPass "!"');
  if (!hasLonger) lines.push(...fields);
  const block = [
    ...(app ? comment(appUnit(app.settings, app.port)) : []),
    `<Location ${quoted(decoded(place.path))}>`,
    ...lines.map((line) => `    ${line}`),
    '</Location>',
  ];
  // Fields of a shorter path would hold for the longer ones too.
  if (!hasLonger || fields.length === 0) return [...block, ''];
  const match = `<LocationMatch ${regex(patternOf(one.places, place))}>`;
  return [...block, match, ...fields.map((line) => `    ${line}`), '</LocationMatch>', ''];
}

/** Apache compares paths decoded. */
function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}
