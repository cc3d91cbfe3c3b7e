import { bracketed } from '../../../model/host.ts';
import type { ListenAddress } from '../../../model/settings.ts';
import { appUnit } from '../app-unit.ts';
import { comment, escapeRegex } from '../common.ts';
import { headOf } from '../head.ts';
import type { Place, Plan, PlannedSite } from '../plan.ts';
import {
  clientFields,
  dropped,
  errorFields,
  importClientFields,
  requestFields,
  responseFields,
  siteFields,
} from './fields.ts';
import { globalOptions } from './global-options.ts';
import { shut, writeGuards } from './guards.ts';
import { writeProxy } from './proxy.ts';
import { backslash, block, filePath, plainly, quoted } from './quote.ts';
import { tlsLines } from './tls-lines.ts';
import { refuseTwoReadings } from './two-readings.ts';

/** A Caddyfile for Caddy 2.6 or newer. */
export function writeCaddy(plan: Plan): string {
  const sites = [...writeHttp(plan), ...writeHttps(plan)];
  const usesBackslash = sites.some((line) => line.includes(backslash));
  const lines = [...globalOptions(plan), ...clientFields(plan, usesBackslash), ...sites];
  const head = headOf(plan, usage, []).slice(0, -1).map(harmless);
  return [...head, ...lines].join('\n').trimEnd().concat('\n');
}

const usage = [
  'As root: save this as /etc/caddy/Caddyfile, readable by group caddy alone,',
  'then `caddy validate --config /etc/caddy/Caddyfile && systemctl reload caddy`.',
  'It holds the names and hashes of users, if any: after a change of their file, write it anew.',
  'Caddy must be able to read the certificates and keys that it names, and to write its logs.',
];

/** Caddy puts variables of its environment even into remarks. */
function harmless(line: string): string {
  return line.replaceAll('{$', '{ $');
}

function writeHttp(plan: Plan): string[] {
  const { listen } = plan.settings;
  const secure = plan.sites.filter(({ pairs }) => pairs.length > 0);
  const names = secure.flatMap(({ site }) => site.names);
  return places(listen.http).flatMap((where) => [
    '# Names that are not ours.',
    ...block(addresses('http', [''], where), [...bindLines(where), 'respond 404']),
    '',
    ...redirects(
      plan,
      names.filter((name) => !name.includes(':')),
      '{host}',
      where,
    ),
    // Of an IPv6 address {host} has no brackets.
    ...names.filter((name) => name.includes(':')).flatMap((name) => redirects(plan, [name], bracketed(name), where)),
    ...plan.sites.filter(({ pairs }) => pairs.length === 0).flatMap((one) => writeSite(plan, one, 'http', where)),
  ]);
}

function redirects({ settings }: Plan, names: readonly string[], host: string, where: Where): string[] {
  if (names.length === 0) return [];
  const port = settings.listen.https[0]?.port ?? 443;
  const to = `https://${host}${port === 443 ? '' : `:${port}`}{uri}`;
  const lines = ['@read method GET HEAD', `redir @read ${to} 301`, `redir * ${to} 308`];
  return [...block(addresses('http', names, where), [...bindLines(where), ...lines]), ''];
}

function writeHttps(plan: Plan): string[] {
  const secure = plan.sites.filter(({ pairs }) => pairs.length > 0);
  if (secure.length === 0) return [];
  return places(plan.settings.listen.https).flatMap((where) => [
    '# Requests for another name than the one the connection was made for.',
    ...block(addresses('https', [''], where), [...bindLines(where), 'respond 421']),
    '',
    ...secure.flatMap((one) => writeSite(plan, one, 'https', where)),
  ]);
}

/** Ports that are served on the same addresses of the machine. */
interface Where {
  readonly hosts: readonly string[];
  readonly ports: readonly number[];
}

function places(listen: readonly ListenAddress[]): readonly Where[] {
  const hosts = new Map<number, string[]>();
  for (const { host, port } of listen) hosts.set(port, [...(hosts.get(port) ?? []), host]);
  const ports = new Map<string, number[]>();
  for (const [port, some] of hosts) {
    const key = some.includes('') ? '' : some.join(' ');
    ports.set(key, [...(ports.get(key) ?? []), port]);
  }
  return [...ports].map(([key, some]) => ({ hosts: key.split(' ').filter(Boolean), ports: some }));
}

function addresses(scheme: 'http' | 'https', names: readonly string[], { ports }: Where): string {
  return names.flatMap((name) => ports.map((port) => `${scheme}://${bracketed(name)}:${port}`)).join(', ');
}

function bindLines({ hosts }: Where): string[] {
  return hosts.length === 0 ? [] : [`bind ${hosts.join(' ')}`];
}

function writeSite(plan: Plan, one: PlannedSite, scheme: 'http' | 'https', where: Where): string[] {
  const { site } = one;
  return [
    ...block(addresses(scheme, site.names, where), [
      ...bindLines(where),
      ...tlsLines(plan, one),
      ...logLines(plan),
      ...errorFields(one),
      ...block('route', [
        ...siteFields(one),
        ...refuseTwoReadings(one),
        importClientFields,
        ...(one.places.some(({ auth }) => auth !== null) ? dropped('X-Remote-User') : []),
        ...one.places.flatMap((place, index) => writePlace(plan, one, place, index)),
        'respond 404',
      ]),
    ]),
    '',
  ];
}

function logLines({ settings: { logs } }: Plan): string[] {
  const { access, format } = logs;
  if (access === 'off') return [];
  const output = access.startsWith('/') ? `output file ${filePath('the log', access)}` : `output ${access}`;
  return block('log', [output, `format ${format === 'json' ? 'json' : 'console'}`]);
}

function writePlace(plan: Plan, one: PlannedSite, place: Place, index: number): string[] {
  const app = place.group?.app;
  const remark = app ? comment(appUnit(app.settings, app.port)).map(harmless) : [];
  const lines = placeLines(plan, one, place);
  if (place.path === '/') return [...remark, ...block('route', lines)];
  const name = `@place_${index + 1}`;
  return [...remark, `${name} path_regexp ${plainly(patternOf(place.path))}`, ...block(`route ${name}`, lines)];
}

function placeLines(plan: Plan, one: PlannedSite, place: Place): string[] {
  const { action } = place.route;
  const guards = writeGuards(plan, one, place);
  const lines = [...responseFields(one, place), ...guards];
  if (guards.at(-1) === shut) return lines;
  if (action.kind === 'redirect') lines.push(`redir * ${quoted(action.location)} ${action.status}`);
  else lines.push(...requestFields(one, place), ...writeProxy(plan, one, place));
  return lines;
}

/** Caddy compares paths decoded. */
function patternOf(path: string): string {
  let text = path;
  try {
    text = decodeURIComponent(path);
  } catch {
    // Bytes that are no text stay as they are written.
  }
  const escaped = escapeRegex(text).replaceAll(/\p{Cc}/gu, (letter) => `\\x{${letter.codePointAt(0)?.toString(16)}}`);
  return `^${escaped}(/|$)`;
}
