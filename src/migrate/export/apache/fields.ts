import { forgedFields } from '../common.ts';
import { keyOf, type Place, type Plan, type PlannedSite } from '../plan.ts';
import { fieldValue, quoted } from './quote.ts';

/** What every app is told of the client, whatever the client says of itself. */
export function forwardingLines(): string[] {
  return [
    ...forgedFields.map((name) => `RequestHeader unset ${name}`),
    'RequestHeader set X-Forwarded-For "expr=%{REMOTE_ADDR}"',
    'RequestHeader set X-Real-IP "expr=%{REMOTE_ADDR}"',
    'RequestHeader set X-Forwarded-Proto "expr=%{REQUEST_SCHEME}"',
    'RequestHeader set X-Forwarded-Host "expr=%{HTTP_HOST}"',
    'RequestHeader set Forwarded "expr=for=%{REMOTE_ADDR};host=\\"%{HTTP_HOST}\\";proto=%{REQUEST_SCHEME}"',
    'RequestHeader edit Forwarded "^for=([^;]*:[^;]*);" "for=\\"[$1]\\";"',
  ];
}

/** The changes to fields that one place makes. */
export function fieldLines(plan: Plan, { site }: PlannedSite, place: Place): string[] {
  const { request, response } = place.route.headers;
  const lines: string[] = [];
  if (place.strip !== '')
    lines.push(`RequestHeader set X-Forwarded-Prefix ${quoted(place.strip.replaceAll('%', '%%'))}`);
  if (place.auth !== null) {
    lines.push('RequestHeader set X-Remote-User "expr=%{REMOTE_USER}"');
    if (!place.auth.passAuthorization) lines.push('RequestHeader unset Authorization');
  }
  if (site.clientCertificates !== undefined) {
    const variables = { Verify: 'SSL_CLIENT_VERIFY', Subject: 'SSL_CLIENT_S_DN', Serial: 'SSL_CLIENT_M_SERIAL' };
    for (const [name, value] of Object.entries(variables))
      lines.push(`RequestHeader set X-Client-Cert-${name} "%{${value}}s"`);
  }
  const change = (directive: string, words: readonly string[], [name, value]: readonly [string, string]): void => {
    const written = fieldValue(value);
    const key = keyOf(
      plan,
      place,
      'headers',
      directive === 'Header' ? 'response' : 'request',
      words.at(-1) ?? '',
      name,
    );
    if (written === null) plan.ledger.judge(key, 'refused', 'Apache takes what begins with expr= for an expression');
    else lines.push(`${[directive, ...words].join(' ')} ${name} ${written}`);
  };
  for (const name of request.remove) lines.push(`RequestHeader unset ${name}`);
  for (const field of request.set) change('RequestHeader', ['set'], field);
  for (const field of request.add) change('RequestHeader', ['add'], field);
  for (const name of response.remove) {
    if (name.toLowerCase() === 'server') {
      plan.ledger.judge(
        keyOf(plan, place, 'headers', 'response', 'remove'),
        'approximated',
        'Apache says its own name',
      );
    }
    lines.push(`Header always unset ${name}`, `Header unset ${name}`);
  }
  for (const field of response.set) {
    lines.push(`Header unset ${field[0]}`);
    change('Header', ['always', 'set'], field);
  }
  for (const field of response.add) change('Header', ['always', 'add'], field);
  return [...lines, ...safeLines(site.hsts ?? '', site.tls.mode !== 'off', place)];
}

function safeLines(hsts: string, secure: boolean, { route: { safeHeaders: safe }, group }: Place): string[] {
  const lines: string[] = [];
  if (safe?.nosniff) lines.push('Header setifempty X-Content-Type-Options nosniff');
  if (safe?.frames) lines.push(`Header setifempty X-Frame-Options ${safe.frames}`);
  if (safe?.referrerPolicy && group !== null) {
    lines.push(`Header setifempty Referrer-Policy ${safe.referrerPolicy} "expr=%{CONTENT_TYPE} =~ m#^text/html#"`);
  }
  if (safe?.secureCookies && secure) {
    lines.push('Header edit Set-Cookie "^((?!.*;\\s*secure\\s*(;|$)).*)$" "$1; Secure"');
  }
  if (hsts !== '' && secure) {
    lines.push('Header unset Strict-Transport-Security', `Header always set Strict-Transport-Security ${quoted(hsts)}`);
  }
  return lines;
}
