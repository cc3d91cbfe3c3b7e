import { bracketed, isAddress } from '../../../model/host.ts';
import type { ListenAddress } from '../../../model/settings.ts';
import { escapeRegex, forgedFields } from '../common.ts';
import type { Plan, PlannedSite } from '../plan.ts';
import type { Layout } from './layout.ts';
import { placeLines } from './places.ts';
import { chunked, filePath, word } from './quote.ts';

/** Where certbot answers the questions of the CA when it renews. */
export const certbotPort = 8402;

const notFound = 'http-request return status 404 content-type text/plain string "Not Found"';

/** The frontends of the HTTP and the HTTPS port, with what they share. */
export function writeFrontends(plan: Plan, made: Layout): string[] {
  const { listen } = plan.settings;
  const secure = plan.sites.filter(({ pairs }) => pairs.length > 0);
  const lines: string[] = [];
  if (listen.http.length > 0) lines.push(...writeHttp(plan, made, secure), '');
  if (listen.https.length > 0 && secure.length > 0) lines.push(...writeHttps(plan, made, secure), '');
  return lines;
}

function writeHttp(plan: Plan, made: Layout, secure: readonly PlannedSite[]): string[] {
  const plain = plan.sites.filter(({ pairs }) => pairs.length === 0);
  const { listen } = plan.settings;
  const port = listen.https[0]?.port ?? 443;
  const to = `https://%[var(txn.host)]${port === 443 ? '' : `:${port}`}%[pathq]`;
  const redirects = secure.flatMap(({ site }) => namesMatch(site.names));
  return [
    'frontend http',
    ...bindLines(listen.http, 1, ''),
    ...arrivalLines(plan, listen.http, 1),
    ...(wantsCertbot(plan)
      ? ['    acl challenge path_beg /.well-known/acme-challenge/', '    http-request allow if challenge']
      : []),
    ...hostLines(),
    ...(secure.length > 0 ? ['    # Everything of these names is on the HTTPS port.'] : []),
    ...redirects.flatMap((match) => [
      `    http-request redirect code 301 location ${to} if ${match} METH_GET`,
      `    http-request redirect code 308 location ${to} if ${match}`,
    ]),
    ...(plain.length > 0 ? siteLines(plan, made, plain, 'http') : [`    ${notFound}`]),
    ...(wantsCertbot(plan) ? ['    use_backend certbot if challenge'] : []),
  ];
}

function writeHttps(plan: Plan, made: Layout, secure: readonly PlannedSite[]): string[] {
  const { http2, listen } = plan.settings;
  const pairs = new Map(secure.flatMap((one) => one.pairs.map(({ certificate }) => [certificate, one] as const)));
  const bare = secure.find(({ site }) => site.names.some(isAddress));
  if (bare !== undefined) {
    const note = 'clients send no name for an address: unknown names get the certificate of this site, and 404';
    plan.ledger.judge(bare.key, 'approximated', note);
  }
  const files = [...pairs].sort(([, a], [, b]) => Number(b === bare) - Number(a === bare)).map(([file]) => file);
  const { clientCa } = made;
  const words = [
    ...['ssl', ...files.map((file) => `crt ${filePath('the certificate', file)}`)],
    ...(bare === undefined ? ['strict-sni'] : []),
    `alpn ${http2 ? 'h2,http/1.1' : 'http/1.1'}`,
    ...(clientCa === null ? [] : [`ca-file ${filePath('the CA file', clientCa.file)} verify optional`]),
    ...(clientCa === null ? [] : ['crt-ignore-err all ca-ignore-err all']),
    ...(clientCa?.revocations ? [`crl-file ${filePath('the revocation list', clientCa.revocations)}`] : []),
  ];
  return [
    'frontend https',
    ...bindLines(listen.https, 101, words.join(' ')),
    ...arrivalLines(plan, listen.https, 101),
    ...hostLines(),
    ...siteLines(plan, made, secure, 'https'),
  ];
}

/** Whether certbot is to get certificates through the HTTP port. */
export function wantsCertbot({ sites, settings }: Plan): boolean {
  return settings.listen.http.length > 0 && sites.some(({ site }) => site.tls.mode === 'acme');
}

function bindLines(addresses: readonly ListenAddress[], firstId: number, words: string): string[] {
  return addresses.flatMap(({ host, port }, index) => {
    const id = `id ${firstId + index * 2}`;
    const more = words === '' ? '' : ` ${words}`;
    if (host !== '') return [`    bind ${word(`${bracketed(host)}:${port}`)} ${id}${more}`];
    return [`    bind :${port} ${id}${more}`, `    bind :::${port} v6only id ${firstId + index * 2 + 1}${more}`];
  });
}

/** What happens to a connection before its first request. */
function arrivalLines(plan: Plan, addresses: readonly ListenAddress[], firstId: number): string[] {
  const { trustedProxies, limits } = plan.settings;
  const trusted = chunked(trustedProxies).map((some) => `    acl trusted_network src ${some.join(' ')}`);
  const introduced = addresses.flatMap(({ proxyProtocol }, index) =>
    proxyProtocol ? [firstId + index * 2, firstId + index * 2 + 1] : [],
  );
  const lines = [...(trusted.length > 0 ? trusted : [])];
  if (introduced.length > 0) {
    lines.push(
      `    acl introduced so_id ${introduced.join(' ')}`,
      `    tcp-request connection reject if introduced ${trusted.length > 0 ? '!trusted_network' : ''}`.trimEnd(),
      '    tcp-request connection expect-proxy layer4 if introduced',
    );
  }
  if (limits.connectionsPerAddress > 0) {
    lines.push(
      '    tcp-request session track-sc0 src table connections_per_address',
      `    tcp-request session reject if { sc0_conn_cur gt ${limits.connectionsPerAddress} }`,
    );
  }
  return lines;
}

/** The host that a request is for, without its port. */
function hostLines(): string[] {
  return [
    "    http-request deny deny_status 400 if { req.hdr(host) -m reg '[^A-Za-z0-9.:_[\\]-]' }",
    '    http-request set-var(txn.host) req.hdr(host),host_only,rtrim(.)',
  ];
}

/** Conditions that one of the names is asked for, exact ones first. */
function namesMatch(names: readonly string[]): string[] {
  const exact = names.filter((name) => !name.startsWith('*.')).map((name) => (name.includes(':') ? `[${name}]` : name));
  return [
    ...chunked(exact).map((some) => `{ var(txn.host) -m str ${some.map(word).join(' ')} }`),
    ...names.filter((name) => name.startsWith('*.')).map(wildcardMatch),
  ];
}

/** A wildcard stands for one label. */
function wildcardMatch(name: string): string {
  return `{ var(txn.host) -m reg ${word(`^[a-z0-9_-]+\\.${escapeRegex(name.slice(2))}$`)} }`;
}

function siteLines(plan: Plan, made: Layout, sites: readonly PlannedSite[], scheme: string): string[] {
  const named = sites.map((one, index) => ({ one, id: `${scheme}_${index + 1}` }));
  const say = (id: string, match: string): string => `    http-request set-var(txn.site) str(${id}) if ${match}`;
  const byName = named.flatMap(({ one, id }) => namesMatch(one.site.names).map((match) => ({ id, match })));
  // Of a wildcard and a name the name counts: what is said last holds.
  byName.sort((a, b) => Number(b.match.includes('-m reg')) - Number(a.match.includes('-m reg')));
  const places = named.flatMap(({ one, id }) =>
    placeLines(id, made.placesOf.get(one) ?? []).map((line) => `    ${line}`),
  );
  const fields = forwardingLines(plan, scheme);
  return [
    ...byName.map(({ id, match }) => say(id, match)),
    ...places,
    `    ${notFound} unless { var(txn.place) -m found }`,
    ...fields,
    ...hstsLines(named),
    ...made.backends
      .filter(({ one }) => sites.includes(one))
      .map(
        ({ id, places: own }) =>
          `    use_backend ${id} if { var(txn.place) -m str ${own.map((place) => place.id).join(' ')} }`,
      ),
  ];
}

function hstsLines(named: readonly { readonly one: PlannedSite; readonly id: string }[]): string[] {
  return named.flatMap(({ one: { site }, id }) => {
    if (!site.hsts || site.tls.mode === 'off') return [];
    const unsaid = '!{ res.hdr(strict-transport-security) -m found }';
    return [
      `    http-after-response set-header Strict-Transport-Security ${word(site.hsts)} if { var(txn.site) -m str ${id} } ${unsaid}`,
    ];
  });
}

/** Addresses of X-Forwarded-For that are looked at. */
const mostHops = 4;

/** The client is the nearest address of the chain that is no trusted proxy. */
function chainLines(networks: readonly string[]): string[] {
  const lines: string[] = [];
  const trusted = ['trusted'];
  for (let count = 1; count <= mostHops; count++) {
    const address = `req.hdr(x-forwarded-for,-${count})`;
    lines.push(`    http-request set-src ${address} if ${trusted.join(' ')} { ${address} -m found }`);
    trusted.push(`trusted_hop_${count}`);
    if (count === mostHops) break;
    for (const some of chunked(networks)) lines.push(`    acl trusted_hop_${count} ${address} -m ip ${some.join(' ')}`);
  }
  return lines;
}

/** What the app is told of the client: trusted proxies are continued, all others stated anew. */
function forwardingLines({ settings }: Plan, scheme: string): string[] {
  const known = forgedFields.filter((name) => !/^X-(Forwarded|Client-Cert)-/.test(name));
  const names = [...known, 'X-Real-IP'].map((name) => name.toLowerCase().replaceAll('-', '[-_]'));
  const families = [
    'x[-_]client[-_]cert[-_].*',
    'x-forwarded-(?!(for|proto|host)$).*',
    'x_forwarded[-_].*',
    'x-forwarded_.*',
  ];
  const trusts = settings.trustedProxies.length > 0;
  const anew = '(?i)^(forwarded|x-forwarded-(for|proto|host))$';
  return [
    '    # What a client cannot say of itself.',
    `    http-request del-header ${word(`(?i)^(${[...names, ...families].join('|')})$`)} -m reg`,
    '    http-request set-var(txn.peer) src',
    `    http-request set-var(txn.proto) str(${scheme})`,
    '    http-request set-var(txn.public) req.hdr(host)',
    ...(trusts
      ? [
          '    http-request set-var(txn.trusted) bool(true) if trusted_network',
          '    acl trusted var(txn.trusted) -m bool',
          `    http-request del-header ${word(anew)} -m reg unless trusted`,
          ...chainLines(settings.trustedProxies),
          '    http-request set-var(txn.proto) req.hdr(x-forwarded-proto,1),lower if trusted { req.hdr(x-forwarded-proto,1) -m str -i http https }',
          "    http-request set-var(txn.public) req.hdr(x-forwarded-host,1) if trusted { req.hdr(x-forwarded-host,1) -m reg '^[A-Za-z0-9.:_[\\]-]+$' }",
        ]
      : [`    http-request del-header ${word(anew)} -m reg`]),
    '    http-request set-var-fmt(txn.origin) %[var(txn.proto)]://%[var(txn.public)]',
    '    http-request set-var(txn.node) var(txn.peer)',
    '    http-request set-var-fmt(txn.node) \'"[%[var(txn.peer)]]"\' if { var(txn.peer) -m sub : }',
    '    http-request add-header X-Forwarded-For %[var(txn.peer)]',
    '    http-request set-header X-Real-IP %[src]',
    '    http-request set-header X-Forwarded-Proto %[var(txn.proto)]',
    '    http-request set-header X-Forwarded-Host %[var(txn.public)]',
    `    http-request add-header Forwarded 'for=%[var(txn.node)];host="%[req.hdr(host)]";proto=${scheme}'`,
  ];
}
