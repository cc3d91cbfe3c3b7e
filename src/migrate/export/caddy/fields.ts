import { forgedFields } from '../common.ts';
import { keyOf, type Place, type Plan, type PlannedSite } from '../plan.ts';
import { block, fieldName, quoted } from './quote.ts';

/** Has each site import {@link clientFields}. */
export const importClientFields = 'import sallyport_client';

/** What nobody but the server may say of a client, as a snippet: it comes before anybody is asked about the request. */
export function clientFields(plan: Plan, usesBackslash: boolean): string[] {
  const lines = [...(usesBackslash ? ['vars sallyport_backslash `\\`'] : []), ...clientLines(plan)];
  return [...block('(sallyport_client)', lines), ''];
}

/** Apps in the manner of CGI cannot tell underscores from hyphens. */
export function dropped(name: string): string[] {
  return [...new Set([name, name.replaceAll('-', '_')])].map((one) => `request_header -${fieldName(one)}`);
}

function clientLines({ settings, ledger }: Plan): string[] {
  const element = 'for={http.vars.sallyport_node};host="{hostport}";proto={scheme}';
  const trusted = `remote_ip ${settings.trustedProxies.join(' ')}`;
  const lines = [
    ...[...forgedFields, 'Client_Cert', 'Client_Cert_Chain', 'X_Real_IP', 'X_Forwarded_*', 'X_Client_Cert_*'].map(
      (name) => `request_header -${name}`,
    ),
    'request_header X-Real-IP {remote_host}',
    'vars sallyport_node {remote_host}',
    '@ipv6 remote_ip ::/0',
    'vars @ipv6 sallyport_node `"[{remote_host}]"`',
  ];
  if (settings.trustedProxies.length === 0) return [...lines, `request_header Forwarded \`${element}\``];
  ledger.judge(['trustedProxies'], 'approximated', 'X-Real-IP is the last address in X-Forwarded-For');
  return [
    ...lines,
    ...block('@chained', [trusted, 'header_regexp client X-Forwarded-For `([^,\\s]+)\\s*$`']),
    'request_header @chained X-Real-IP {re.client.1}',
    ...block('@continued', [trusted, 'header Forwarded *']),
    `request_header @continued Forwarded \`{http.request.header.Forwarded}, ${element}\``,
    ...block('@begun', block('not', [trusted, 'header Forwarded *'])),
    `request_header @begun Forwarded \`${element}\``,
  ];
}

/** What an app is told beyond that, before the request goes to it. */
export function requestFields({ site }: PlannedSite, place: Place): string[] {
  const { request } = place.route.headers;
  const later = laterFields(place);
  const lines: string[] = [];
  if (place.strip !== '') lines.push(`request_header X-Forwarded-Prefix ${quoted(place.strip)}`);
  if (place.auth !== null) lines.push('request_header X-Remote-User {http.auth.user.id}');
  if (site.clientCertificates !== undefined) {
    const shown = '{http.request.tls.client';
    lines.push(
      `@certificate not vars ${shown}.subject} ""`,
      'request_header X-Client-Cert-Verify NONE',
      'request_header @certificate X-Client-Cert-Verify SUCCESS',
      `request_header @certificate X-Client-Cert-Subject ${shown}.subject}`,
      `request_header @certificate X-Client-Cert-Serial ${shown}.serial}`,
      `request_header @certificate X-Client-Cert-Fingerprint ${shown}.fingerprint}`,
    );
    if (site.clientCertificates.passCertificate) {
      lines.push(`request_header @certificate Client-Cert :${shown}.certificate_der_base64}:`);
    }
  }
  const set = new Set([...request.set.keys()].map((name) => name.toLowerCase()));
  for (const name of request.remove) {
    if (!later.has(name.toLowerCase()) && !set.has(name.toLowerCase()))
      lines.push(`request_header -${fieldName(name)}`);
  }
  for (const [name, value] of request.set) {
    if (!later.has(name.toLowerCase())) lines.push(`request_header ${fieldName(name)} ${quoted(value)}`);
  }
  for (const [name, value] of request.add) lines.push(`request_header +${fieldName(name)} ${quoted(value)}`);
  return lines;
}

/** Those that the proxy itself would state anew. */
const ofProxy = new Set(['x-forwarded-for', 'x-forwarded-proto', 'x-forwarded-host']);

function laterFields({ route }: Place): ReadonlySet<string> {
  const { set, remove } = route.headers.request;
  return new Set([...set.keys(), ...remove].map((name) => name.toLowerCase()).filter((name) => ofProxy.has(name)));
}

/** The changes of fields that the proxy would state anew, as lines of its block. */
export function proxyFields(place: Place): string[] {
  const { set, remove } = place.route.headers.request;
  const later = laterFields(place);
  const names = new Set([...set.keys()].map((name) => name.toLowerCase()));
  return [
    ...remove
      .filter((name) => later.has(name.toLowerCase()) && !names.has(name.toLowerCase()))
      .map((name) => `header_up -${fieldName(name)}`),
    ...[...set]
      .filter(([name]) => later.has(name.toLowerCase()))
      .map(([name, value]) => `header_up ${fieldName(name)} ${quoted(value)}`),
  ];
}

/** What clients are told with the answers of a place. */
export function responseFields(plan: Plan, { site, pairs }: PlannedSite, place: Place): string[] {
  const { response } = place.route.headers;
  const ruled = new Set(
    [...response.set.keys(), ...response.add.keys(), ...response.remove].map((name) => name.toLowerCase()),
  );
  const lines: string[] = [];
  const unlessSaid = (name: string, value: string): void => {
    if (value !== '' && !ruled.has(name.toLowerCase())) lines.push(`header ?${name} ${quoted(value)}`);
  };
  const safe = place.route.safeHeaders;
  if (pairs.length > 0) unlessSaid('Strict-Transport-Security', site.hsts ?? '');
  unlessSaid('X-Content-Type-Options', safe?.nosniff ? 'nosniff' : '');
  unlessSaid('X-Frame-Options', safe?.frames ?? '');
  if (place.group !== null) unlessSaid('Referrer-Policy', safe?.referrerPolicy ?? '');
  for (const name of response.remove) {
    if (name.toLowerCase() !== 'server') continue;
    lines.push('header -Server');
    if (response.set.has(name)) plan.ledger.judge(keyOf(plan, place, 'headers', 'response', 'set'), 'approximated', '');
  }
  for (const [name, value] of response.set) lines.push(`header ${fieldName(name)} ${quoted(value)}`);
  for (const [name, value] of response.add) lines.push(`header +${fieldName(name)} ${quoted(value)}`);
  return lines;
}

/** What an app says and clients must not hear, as lines of the proxy's block. */
export function hiddenFields({ route }: Place): string[] {
  const { set, remove } = route.headers.response;
  return [...new Set([...set.keys(), ...remove])].map((name) => `header_down -${fieldName(name)}`);
}
