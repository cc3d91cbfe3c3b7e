import { forgedFields } from '../common.ts';
import { keyOf, type Place, type Plan, type PlannedSite } from '../plan.ts';
import { quoted } from './quote.ts';

/** The lines that say which fields the app gets. */
export function requestFields({ site, places }: PlannedSite, place: Place): string[] {
  const { request } = place.route.headers;
  const prefix = isRpc(place) ? 'grpc' : 'proxy';
  const fields = new Map<string, string>();
  const set = (name: string, value: string): void => {
    for (const key of fields.keys()) if (key.toLowerCase() === name.toLowerCase()) fields.delete(key);
    fields.set(name, value);
  };
  if (prefix === 'proxy') {
    set('Upgrade', '$http_upgrade');
    set('Connection', '$sallyport_connection');
  }
  set('Host', '$http_host');
  set('X-Real-IP', '$remote_addr');
  set('X-Forwarded-For', '$sallyport_forwarded_for');
  set('X-Forwarded-Proto', '$sallyport_forwarded_proto');
  set('X-Forwarded-Host', '$sallyport_forwarded_host');
  set('Forwarded', '$sallyport_forwarded');
  for (const name of forgedFields) set(name, '""');
  if (places.some(({ auth }) => auth !== null)) set('X-Remote-User', '""');
  if (place.strip !== '') set('X-Forwarded-Prefix', quoted(place.strip));
  if (place.auth !== null) {
    set('X-Remote-User', '$remote_user');
    if (!place.auth.passAuthorization) set('Authorization', '""');
  }
  if (site.clientCertificates !== undefined) {
    set('X-Client-Cert-Verify', '$ssl_client_verify');
    set('X-Client-Cert-Subject', '$ssl_client_s_dn');
    set('X-Client-Cert-Serial', '$ssl_client_serial');
    set('X-Client-Cert-Fingerprint', '$ssl_client_fingerprint');
  }
  const copied = place.route.access?.forwardAuth?.copy ?? [];
  for (const name of copied) set(name, `$sallyport_${variable(name)}`);
  for (const name of request.remove) set(name, '""');
  for (const [name, value] of [...request.set, ...request.add]) set(name, quoted(value));
  return [...fields].map(([name, value]) => `${prefix}_set_header ${name} ${value};`);
}

/** The lines that say what the client is told. */
export function responseFields(plan: Plan, { site }: PlannedSite, place: Place): string[] {
  const { response } = place.route.headers;
  const prefix = isRpc(place) ? 'grpc' : 'proxy';
  const lines: string[] = [];
  const proxied = place.group !== null;
  const added = (name: string, value: string): void => {
    lines.push(`add_header ${name} ${value} always;`);
  };
  for (const name of new Set([...response.remove, ...response.set.keys()])) {
    if (name.toLowerCase() === 'server') {
      plan.ledger.judge(keyOf(plan, place, 'headers', 'response', 'remove'), 'approximated', 'nginx says its own name');
      lines.push('server_tokens off;');
    }
    if (proxied) lines.push(`${prefix}_hide_header ${name};`);
  }
  for (const [name, value] of [...response.set, ...response.add]) added(name, quoted(value));
  const safe = place.route.safeHeaders;
  if (safe?.nosniff) added('X-Content-Type-Options', '$sallyport_nosniff');
  if (safe?.frames === 'DENY') added('X-Frame-Options', '$sallyport_frames_deny');
  if (safe?.frames === 'SAMEORIGIN') added('X-Frame-Options', '$sallyport_frames_same');
  if (proxied && safe !== undefined && safe.referrerPolicy !== '') {
    added('Referrer-Policy', referrerVariable(safe.referrerPolicy));
  }
  if (site.hsts && site.tls.mode !== 'off') {
    if (proxied) lines.push(`${prefix}_hide_header Strict-Transport-Security;`);
    added('Strict-Transport-Security', quoted(site.hsts));
  }
  const client = place.route.access?.forwardAuth?.copyToClient ?? [];
  for (const name of client) added(name, `$sallyport_${variable(name)}`);
  if (safe?.secureCookies && prefix === 'proxy' && proxied) lines.push('proxy_cookie_flags ~ secure;');
  return lines;
}

/** Maps behind {@link responseFields}: what the app says itself wins. */
export function fieldMaps(plan: Plan): string[] {
  const places = plan.sites.flatMap((site) => site.places);
  const safe = places.flatMap(({ route }) => (route.safeHeaders ? [route.safeHeaders] : []));
  const lines: string[] = [];
  const unlessSaid = (field: string, name: string, value: string): void => {
    lines.push(`map $upstream_http_${field} $sallyport_${name} {`, `    "" ${value};`, '}');
  };
  if (safe.some(({ nosniff }) => nosniff)) unlessSaid('x_content_type_options', 'nosniff', 'nosniff');
  if (safe.some(({ frames }) => frames === 'DENY')) unlessSaid('x_frame_options', 'frames_deny', 'DENY');
  if (safe.some(({ frames }) => frames === 'SAMEORIGIN')) unlessSaid('x_frame_options', 'frames_same', 'SAMEORIGIN');
  for (const policy of new Set(safe.map(({ referrerPolicy }) => referrerPolicy))) {
    if (policy === '') continue;
    lines.push(
      `map "$upstream_http_referrer_policy;$upstream_http_content_type" ${referrerVariable(policy)} {`,
      `    "~^;text/html" ${policy};`,
      '}',
    );
  }
  return lines.length === 0 ? [] : [...lines, ''];
}

/** Short: nginx bounds the names of variables. */
function referrerVariable(policy: string): string {
  return `$sallyport_${policy.replaceAll('-', '_').replace('strict_origin_when_cross_origin', 'usual')}`;
}

/** A name as part of that of a variable. */
export function variable(name: string): string {
  return name.toLowerCase().replaceAll(/[^a-z0-9]/g, '_');
}

function isRpc({ group }: Place): boolean {
  const target = group?.targets[0]?.target;
  return target?.kind === 'tcp' && target.http2;
}
