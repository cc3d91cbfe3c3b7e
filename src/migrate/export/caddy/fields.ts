import { forgedFields } from '../common.ts';
import type { Place, Plan, PlannedSite } from '../plan.ts';
import { block, fieldName, quoted } from './quote.ts';

/** Has each site import {@link clientFields}. */
export const importClientFields = 'import sallyport_client';

/** What nobody but the server may say of a client, as a snippet: it comes before anybody is asked about the request. */
export function clientFields(plan: Plan, usesBackslash: boolean): string[] {
  const lines = [...(usesBackslash ? ['vars sallyport_backslash `\\`'] : []), ...clientLines(plan)];
  return [...block('(sallyport_client)', lines), ''];
}

/** Takes a field out, in every spelling: apps in the manner of CGI cannot tell underscores from hyphens. */
export function dropped(name: string): string[] {
  const [first = '', ...rest] = fieldName(name).split('-');
  const spellings = rest
    .slice(0, 4)
    .reduce((all, word) => all.flatMap((one) => [`${one}-${word}`, `${one}_${word}`]), [first]);
  return spellings.map((one) => `request_header -${[one, ...rest.slice(4)].join('-')}`);
}

/** What begins like this, a star standing for the rest, is no client's to say. */
const forgedSpellings = [
  ...['X-Client-Cert*', 'X-Client_*', 'X_Client*', 'Client-Cert*', 'Client_Cert*'],
  ...['X-Forwarded_*', 'X_Forwarded*', 'X-Real_*', 'X_Real*'],
];

function clientLines({ settings, ledger }: Plan): string[] {
  const element = 'for={http.vars.sallyport_node};host="{hostport}";proto={scheme}';
  const trusted = `remote_ip ${settings.trustedProxies.join(' ')}`;
  const isForged = (name: string): boolean => !/^(?:x-)?client/i.test(name);
  const lines = [
    ...[...forgedFields.filter(isForged), ...forgedSpellings].map((name) => `request_header -${name}`),
    ...(settings.trustedProxies.length === 0
      ? ['request_header -X-Forwarded-*']
      : [`@stranger not ${trusted}`, 'request_header @stranger -X-Forwarded-*']),
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

/** The matcher of requests with a client certificate that Caddy has found good. */
export const certificateShown = 'vars_regexp {http.request.tls.client.fingerprint} ^[0-9a-f]+$';

/** What an app is told beyond that, before the request goes to it. */
export function requestFields({ site }: PlannedSite, place: Place): string[] {
  const { request } = place.route.headers;
  const lines: string[] = [];
  if (place.strip !== '') lines.push(`request_header X-Forwarded-Prefix ${quoted(place.strip)}`);
  if (place.auth !== null) lines.push('request_header X-Remote-User {http.auth.user.id}');
  if (site.clientCertificates !== undefined) {
    const shown = '{http.request.tls.client';
    lines.push(
      `@certificate ${certificateShown}`,
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
    // Of what the server states itself, the client's own is taken out anyway.
    if (!set.has(name.toLowerCase()) && !stated.test(name)) lines.push(`request_header -${fieldName(name)}`);
  }
  for (const [name, value] of request.set) {
    if (!ofProxy.has(name.toLowerCase())) lines.push(`request_header ${fieldName(name)} ${quoted(value)}`);
  }
  for (const [name, value] of request.add) lines.push(`request_header +${fieldName(name)} ${quoted(value)}`);
  return lines;
}

const stated = /^(?:x-forwarded-.*|x-real-ip|forwarded|x-remote-user|(?:x-)?client-cert.*)$/i;

/** Those that the proxy itself would state anew. */
const ofProxy = new Set(['x-forwarded-for', 'x-forwarded-proto', 'x-forwarded-host']);

/** The changes of fields that the proxy would state anew, as lines of its block. */
export function proxyFields({ route }: Place): string[] {
  return [...route.headers.request.set]
    .filter(([name]) => ofProxy.has(name.toLowerCase()))
    .map(([name, value]) => `header_up ${fieldName(name)} ${quoted(value)}`);
}

const transportSecurity = 'Strict-Transport-Security';

function transportValue({ site, pairs }: PlannedSite): string {
  return pairs.length === 0 ? '' : (site.hsts ?? '');
}

/** Whether Strict-Transport-Security can be said once for a site: no route has rules of its own for it. */
function transportOfSite({ places }: PlannedSite): boolean {
  return places.every(({ route: { headers } }) => {
    const { set, add, remove } = headers.response;
    return [...set.keys(), ...add.keys(), ...remove].every(
      (name) => name.toLowerCase() !== 'strict-transport-security',
    );
  });
}

/** What is said with every answer of a site, unless an app says it itself. */
export function siteFields(one: PlannedSite): string[] {
  const value = transportValue(one);
  return value === '' || !transportOfSite(one) ? [] : [`header ?${transportSecurity} ${quoted(value)}`];
}

/** The same for answers of Caddy's own, 401 and 502 among them. */
export function errorFields(one: PlannedSite): string[] {
  const value = transportValue(one);
  return value === '' ? [] : block('handle_errors', [`header ${transportSecurity} ${quoted(value)}`]);
}

/** What clients are told with the answers of a place. */
export function responseFields(one: PlannedSite, place: Place): string[] {
  const { response } = place.route.headers;
  const ruled = new Set(
    [...response.set.keys(), ...response.add.keys(), ...response.remove].map((name) => name.toLowerCase()),
  );
  const lines: string[] = [];
  const unlessSaid = (name: string, value: string): void => {
    if (value !== '' && !ruled.has(name.toLowerCase())) lines.push(`header ?${name} ${quoted(value)}`);
  };
  const safe = place.route.safeHeaders;
  if (place.group !== null) {
    unlessSaid('X-Content-Type-Options', safe?.nosniff ? 'nosniff' : '');
    unlessSaid('X-Frame-Options', safe?.frames ?? '');
    unlessSaid('Referrer-Policy', safe?.referrerPolicy ?? '');
  }
  if (!transportOfSite(one)) unlessSaid(transportSecurity, transportValue(one));
  // Caddy says its own name, which only a later order takes out.
  const names = [...response.set.keys(), ...response.add.keys()].map((name) => name.toLowerCase());
  if (ruled.has('server') && !names.includes('server')) lines.push('header -Server');
  for (const [name, value] of response.set) lines.push(`header ${fieldName(name)} ${quoted(value)}`);
  for (const [name, value] of response.add) lines.push(`header +${fieldName(name)} ${quoted(value)}`);
  return lines;
}

/** What an app says and clients must not hear, as lines of the proxy's block. */
export function hiddenFields({ route }: Place): string[] {
  const { set, remove } = route.headers.response;
  return [...new Set([...set.keys(), ...remove])].map((name) => `header_down -${fieldName(name)}`);
}
