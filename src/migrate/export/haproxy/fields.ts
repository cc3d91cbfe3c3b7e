import { bracketed } from '../../../model/host.ts';
import type { HeaderChanges, Route, SiteSettings } from '../../../model/site.ts';
import { escapeRegex } from '../common.ts';
import type { Place, Plan } from '../plan.ts';
import type { PlannedBackend } from './layout.ts';
import { fieldName, plainly, word } from './quote.ts';

/** The lines that say which fields the app gets, beyond what the frontend says. */
export function requestFields({ one: { site }, route, places }: PlannedBackend): string[] {
  const { request } = route.headers;
  const lines: string[] = [];
  const strip = places[0]?.place.strip ?? '';
  if (strip !== '') {
    lines.push(
      `http-request replace-path ${word(`^${escapeRegex(strip)}/*(.*)$`)} '/\\1'`,
      `http-request set-header X-Forwarded-Prefix ${plainly(strip)}`,
    );
  }
  if (site.routes.some(({ auth }) => auth !== undefined)) {
    lines.push(without('request', 'X-Remote-User'));
  }
  lines.push(...reservedFields(site, route));
  const asked = places.find(({ place }) => place.auth !== null)?.place.auth;
  if (asked) {
    lines.push('http-request set-header X-Remote-User %[var(txn.user)] if { var(txn.user) -m found }');
    if (!asked.passAuthorization) {
      const open = places.some(({ place }) => place.auth === null);
      lines.push(`http-request del-header Authorization${open ? ' if !without_password' : ''}`);
    }
  }
  if (site.clientCertificates !== undefined) lines.push(...certificateFields(site.clientCertificates.passCertificate));
  return [...lines, ...changeLines('request', request)];
}

/** Changes of fields in one direction. */
function changeLines(direction: 'request' | 'response', { set, add, remove }: HeaderChanges): string[] {
  const line = (verb: string, [name, value]: readonly [string, string]): string =>
    `http-${direction} ${verb} ${word(name)} ${plainly(value)}`;
  const gone = [...remove, ...[...set.keys()].filter((name) => name.toLowerCase() !== 'host')];
  return [
    ...gone.map((name) => without(direction, name)),
    ...[...set].map((one) => line('set-header', one)),
    ...[...add].map((one) => line('add-header', one)),
  ];
}

/** Takes a field out, with the spellings that apps behind CGI or WSGI cannot tell from it. */
function without(direction: 'request' | 'response', name: string): string {
  if (!/[-_]/.test(name)) return `http-${direction} del-header ${word(name)}`;
  const pattern = name.toLowerCase().split(/[-_]/).map(escapeRegex).join('[-_]');
  return `http-${direction} del-header ${word(`(?i)^${pattern}$`)} -m reg`;
}

/** What only the answers of a service may say is kept from the app on the other routes of the site too. */
function reservedFields(site: SiteSettings, route: Route): string[] {
  if (route.access?.forwardAuth !== undefined) return [];
  const names = site.routes.flatMap(({ access }) => access?.forwardAuth?.copy ?? []);
  return [...new Set(names)]
    .filter((name) => !['authorization', 'cookie'].includes(name.toLowerCase()))
    .map((name) => without('request', name));
}

function certificateFields(whole: boolean): string[] {
  const shown = ' if { ssl_c_used }';
  return [
    `http-request set-header X-Client-Cert-Verify SUCCESS${shown}`,
    'http-request set-header X-Client-Cert-Verify NONE unless { ssl_c_used }',
    `http-request set-header X-Client-Cert-Subject '%[ssl_c_s_dn(,0,rfc2253)]'${shown}`,
    `http-request set-header X-Client-Cert-Serial %[ssl_c_serial,hex]${shown}`,
    `http-request set-header X-Client-Cert-Fingerprint %[ssl_c_der,sha2(256),hex,lower]${shown}`,
    ...(whole ? [`http-request set-header Client-Cert :%[ssl_c_der,base64]:${shown}`] : []),
  ];
}

/** The lines that say what the client is told. */
export function responseFields(plan: Plan, backend: PlannedBackend): string[] {
  const { route, places, one } = backend;
  const [first] = places;
  if (first === undefined || first.place.group === null) return [];
  const { response } = route.headers;
  const lines = publicAddresses(plan, one.site.tls.mode === 'off', first.place);
  const safe = route.safeHeaders;
  const ruled = new Set(
    [...response.set.keys(), ...response.add.keys(), ...response.remove].map((name) => name.toLowerCase()),
  );
  const unlessSaid = (name: string, value: string, condition = ''): void => {
    if (value === '' || ruled.has(name.toLowerCase())) return;
    lines.push(`http-response set-header ${name} ${value} if !{ res.hdr(${name}) -m found }${condition}`);
  };
  unlessSaid('X-Content-Type-Options', safe?.nosniff ? 'nosniff' : '');
  unlessSaid('X-Frame-Options', safe?.frames ?? '');
  unlessSaid(
    'Referrer-Policy',
    safe?.referrerPolicy ?? '',
    ' { res.hdr(content-type) -m beg -i text/html } !{ status 300:399 }',
  );
  if (safe?.secureCookies && one.site.tls.mode !== 'off') {
    lines.push(`http-response replace-header Set-Cookie '(?i)^((?:(?!;\\s*secure\\s*(?:;|$)).)*)$' '\\1; Secure'`);
  }
  return [...lines, ...changeLines('response', response)];
}

/** Redirects to the app's own address come back with the public one, and with the prefix that was taken off. */
function publicAddresses({ settings }: Plan, isPlain: boolean, { group, strip }: Place): string[] {
  const prefix = strip === '' ? '' : `(?:${escapeRegex(strip)}(?=[/?#]|$))?`;
  const to = word(`%[var(txn.origin)]${strip.replaceAll('%', '%%')}\\1`);
  const lines: string[] = [];
  const listen = isPlain ? settings.listen.http : settings.listen.https;
  const ports = new Set(['80', '443', ...listen.map(({ port }) => String(port))]);
  const scheme = isPlain ? 'http' : 'https?';
  const targets = group?.targets.map(({ target }) => target) ?? [];
  for (const target of targets) if (target.kind === 'tcp') ports.add(String(target.port));
  for (const name of ['Location', 'Content-Location']) {
    const field = fieldName(name);
    for (const target of targets) {
      if (target.kind === 'unix') continue;
      const isLoopback = ['localhost', '127.0.0.1', '::1'].includes(target.host);
      const host = isLoopback ? '(?:localhost|127\\.0\\.0\\.1|\\[::1\\])' : escapeRegex(bracketed(target.host));
      const own = target.tls === null ? 'http' : 'https';
      const usual = target.port === (target.tls === null ? 80 : 443) ? '?' : '';
      const pattern = `(?i)^(?:${own}:)?//${host}(?::${target.port})${usual}${prefix}([/?#].*|)$`;
      lines.push(`http-response replace-header ${name} ${word(pattern)} ${to}`);
    }
    const pattern = `(?i)^(?:${scheme}:)?//[^/?#:\\\\]+(?::(?:${[...ports].join('|')}))?${prefix}([/?#].*|)$`;
    lines.push(
      `http-response set-var(txn.to) res.fhdr(${field}),regsub('^[a-z]*://','',i),regsub('[/?#].*$',''),host_only`,
      'http-response set-var(txn.own) var(txn.public),host_only',
      `http-response replace-header ${name} ${word(pattern)} ${to} if { res.fhdr(${field}) -m found } { var(txn.to),strcmp(txn.own) eq 0 }`,
    );
    if (strip !== '') {
      const path = word(`^(?!${escapeRegex(strip)}(?:[/?#]|$))(/(?!/).*)$`);
      lines.push(`http-response replace-header ${name} ${path} ${word(`${strip.replaceAll('%', '%%')}\\1`)}`);
    }
  }
  if (strip !== '') {
    const root = word('(?i)^(.*?;\\s*path\\s*=\\s*)/\\s*(;.*|)$');
    lines.push(`http-response replace-header Set-Cookie ${root} ${word(`\\1${strip.replaceAll('%', '%%')}\\2`)}`);
    const path = word(`(?i)^([^;]*(?:;[^;]*)*?;\\s*path\\s*=\\s*)(?!${escapeRegex(strip)}(?:[/;]|$))(/[^;]*)(.*)$`);
    lines.push(`http-response replace-header Set-Cookie ${path} ${word(`\\1${strip.replaceAll('%', '%%')}\\2\\3`)}`);
  }
  return lines;
}
