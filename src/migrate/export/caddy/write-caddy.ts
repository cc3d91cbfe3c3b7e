import { readFileSync } from 'node:fs';
import type { Users } from '../../../model/auth.ts';
import { bracketed } from '../../../model/host.ts';
import type { ListenAddress } from '../../../model/settings.ts';
import { parseHtpasswd } from '../../../passwords/htpasswd.ts';
import { appUnit } from '../app-unit.ts';
import { comment, escapeRegex } from '../common.ts';
import { headOf } from '../head.ts';
import { keyOf, type Place, type Plan, type PlannedSite } from '../plan.ts';
import { guardLines } from './guards.ts';
import { proxyLines } from './proxy.ts';
import { needed, value } from './quote.ts';

/** A whole Caddyfile for Caddy 2.6 or newer. */
export function writeCaddy(plan: Plan): string {
  const head = headOf(
    plan,
    [
      'As root: save this as /etc/caddy/Caddyfile, then `caddy validate --config /etc/caddy/Caddyfile && systemctl reload caddy`.',
    ],
    ['Caddy gets certificates by itself for names without a tls line, and makes those of tls internal.'],
  );
  const { listen } = plan.settings;
  const secure = plan.sites.filter(({ pairs }) => pairs.length > 0);
  const lines = [...head, ...globalLines(plan)];
  if (listen.http.length > 0) {
    const port = listen.http[0]?.port ?? 80;
    lines.push(
      '# Names that are not ours.',
      `http://:${port} {`,
      ...bindLines(listen.http),
      '    respond 404',
      '}',
      '',
    );
    const names = secure.flatMap(({ site }) => site.names);
    const https = listen.https[0]?.port ?? 443;
    const to = `https://{host}${https === 443 ? '' : `:${https}`}{uri}`;
    if (names.length > 0) {
      lines.push(`${addresses('http', names, port)} {`, ...bindLines(listen.http), '    @get method GET HEAD');
      lines.push(`    redir @get ${to} 301`, `    redir ${to} 308`, '}', '');
    }
  }
  for (const one of plan.sites) lines.push(...siteLines(plan, one));
  return lines.join('\n');
}

function globalLines({ settings }: Plan): string[] {
  const { listen, limits, acme, http2 } = settings;
  const lines: string[] = ['auto_https disable_redirects'];
  if (acme.email !== '') lines.push(`email ${needed('the address', acme.email)}`);
  const [issuer] = acme.issuers;
  if (issuer !== undefined && issuer.directory !== '')
    lines.push(`acme_ca ${needed('the directory', issuer.directory)}`);
  if (issuer?.eab)
    lines.push(
      'acme_eab {',
      `    key_id ${needed('the key', issuer.eab.kid)}`,
      `    mac_key ${needed('the key', issuer.eab.hmac)}`,
      '}',
    );
  if (listen.http[0] !== undefined && listen.http[0].port !== 80) lines.push(`http_port ${listen.http[0].port}`);
  if (listen.https[0] !== undefined && listen.https[0].port !== 443) lines.push(`https_port ${listen.https[0].port}`);
  lines.push(`grace_period ${limits.drainTimeout}ms`, 'servers {', `    protocols ${http2 ? 'h1 h2' : 'h1'}`);
  lines.push(
    `    max_header_size ${limits.headBytes || 2 ** 24}`,
    '    timeouts {',
    `        read_header ${limits.headTimeout}ms`,
  );
  lines.push(`        idle ${limits.keepAlive}ms`, '    }', '}');
  return ['{', ...lines.map((line) => `    ${line}`), '}', ''];
}

function bindLines(listening: readonly ListenAddress[]): string[] {
  const hosts = listening.map(({ host }) => host);
  return hosts.includes('') ? [] : [`    bind ${hosts.join(' ')}`];
}

function addresses(scheme: 'http' | 'https', names: readonly string[], port: number): string {
  return names.map((name) => `${scheme}://${bracketed(name)}:${port}`).join(', ');
}

function siteLines(plan: Plan, one: PlannedSite): string[] {
  const { site, pairs, places } = one;
  const { listen, logs } = plan.settings;
  const scheme = pairs.length > 0 ? 'https' : 'http';
  const port = listen[scheme][0]?.port ?? (scheme === 'https' ? 443 : 80);
  const lines = [...bindLines(listen[scheme]), ...tlsLines(plan, one).map((line) => `    ${line}`)];
  if (logs.access !== 'off') {
    if (logs.access.startsWith('/'))
      lines.push('    log {', `        output file ${needed('the log', logs.access)}`, '    }');
    else {
      plan.ledger.judge(['logs', 'access'], 'approximated', 'Caddy is a service: journalctl -u caddy');
      lines.push('    log');
    }
  }
  lines.push('    route {');
  const closed = site.clientCertificates !== undefined && site.clientCertificates.revocations !== null;
  if (closed) lines.push('        # Caddy reads no revocation lists.', '        respond 503');
  if (places.length > 1) lines.push(...twofoldPaths);
  for (const [index, place] of places.entries())
    lines.push(...placeLines(plan, one, place, `place${index + 1}`).map((line) => `        ${line}`));
  return [`${addresses(scheme, site.names, port)} {`, ...lines, '        respond 404', '    }', '}', ''];
}

/** Caddy looks for its place in a path that it has read; the app gets it as it was sent. */
const twofoldPaths = [
  '        # A path that Caddy and an app might read in two ways.',
  '        @twofold expression `{http.request.uri}.matches(r"(?i)^[^?]*(/|%2f|%5c)(\\.|%2e)(\\.|%2e)?(/|%2f|%5c|;|\\?|$)")`',
  '        respond @twofold 400',
];

function tlsLines({ settings, ledger }: Plan, { site, pairs, key }: PlannedSite): string[] {
  const [pair, ...more] = pairs;
  if (pair === undefined) return [];
  if (more.length > 0) ledger.judge([...key, 'tls'], 'refused', 'one pair for a site: the first of them');
  const source =
    site.tls.mode === 'files'
      ? ` ${needed('the certificate', pair.certificate)} ${needed('the key', pair.key)}`
      : site.tls.mode === 'internal'
        ? ' internal'
        : '';
  if (site.clientCertificates === undefined) return source === '' ? [] : [`tls${source}`];
  const ca = site.clientCertificates.ca ?? `${settings.state}/authority/root.pem`;
  return [
    `tls${source} {`,
    '    client_auth {',
    '        mode verify_if_given',
    `        trusted_ca_cert_file ${needed('the CA file', ca)}`,
    '    }',
    '}',
  ];
}

function placeLines(plan: Plan, one: PlannedSite, place: Place, name: string): string[] {
  const app = place.group?.app;
  const inner = [
    ...fieldLines(plan, one, place),
    ...guardLines(plan, place, usersOf(place)),
    ...actionLines(plan, one, place),
  ];
  const matcher = place.path === '/' ? [] : [`@${name} path_regexp \`^${escapeRegex(decodeURI(place.path))}(/|$)\``];
  const opening = place.path === '/' ? 'handle {' : `handle @${name} {`;
  const body = ['route {', ...inner.map((line) => `    ${line}`), '}'];
  return [
    ...(app ? comment(appUnit(app.settings, app.port)) : []),
    ...matcher,
    opening,
    ...body.map((line) => `    ${line}`),
    '}',
  ];
}

function usersOf({ auth }: Place): Users {
  if (auth === null) return new Map();
  return new Map([...parseHtpasswd(readFileSync(auth.file)).users].map(([name, { hash }]) => [name, hash]));
}

function actionLines(plan: Plan, one: PlannedSite, place: Place): string[] {
  const { action } = place.route;
  if (action.kind !== 'redirect') return proxyLines(plan, one, place);
  const to = value(action.location);
  if (to !== null) return [`redir * ${to} ${action.status}`];
  plan.ledger.judge(keyOf(plan, place, 'redirect'), 'refused', 'a Caddyfile cannot have this address: 503 instead');
  return ['respond 503'];
}

function fieldLines(plan: Plan, { site }: PlannedSite, place: Place): string[] {
  const { headers, safeHeaders: safe } = place.route;
  const lines: string[] = [];
  const change = (way: 'set' | 'add', sign: string, [name, text]: readonly [string, string]): void => {
    const written = value(text);
    if (written !== null) lines.push(`    ${sign}${name} ${written}`);
    else
      plan.ledger.judge(
        keyOf(plan, place, 'headers', 'response', way, name),
        'refused',
        'a Caddyfile cannot have this value',
      );
  };
  for (const name of headers.response.remove) lines.push(`    -${name}`);
  for (const field of headers.response.set) change('set', '', field);
  for (const field of headers.response.add) change('add', '+', field);
  const defaults: string[] = [];
  if (safe?.nosniff) defaults.push('X-Content-Type-Options nosniff');
  if (safe?.frames) defaults.push(`X-Frame-Options ${safe.frames}`);
  if (safe?.referrerPolicy) defaults.push(`Referrer-Policy ${safe.referrerPolicy}`);
  if (site.hsts && site.tls.mode !== 'off') lines.push(`    Strict-Transport-Security \`${site.hsts}\``);
  const own = defaults.map((field) => `header ?${field}`);
  return lines.length === 0 ? own : [...own, 'header {', '    defer', ...lines, '}'];
}
