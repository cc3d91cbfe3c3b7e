import { orderedNetworks, publicRoots } from '../common.ts';
import { keyOf, type Place, type Plan, type PlannedSite } from '../plan.ts';
import { certificateShown, dropped } from './fields.ts';
import { block, duration, escaped, fieldName, filePath, plainly, quoted } from './quote.ts';
import { users } from './users.ts';

/** The last line of a place that nobody may pass. */
export const shut = 'respond 503';

/** The lines that say who may pass, in their order. */
export function writeGuards(plan: Plan, one: PlannedSite, place: Place): string[] {
  const { access } = place.route;
  if (one.site.clientCertificates?.revocations) {
    return ['# Revoked certificates could not be told from good ones: nobody passes.', shut];
  }
  return [
    ...addressLines(plan, place),
    ...(access?.clientCertificate === 'required'
      ? [`@without_certificate not ${certificateShown}`, 'respond @without_certificate 403']
      : []),
    ...passwordLines(plan, place),
    ...questionLines(plan, place),
  ];
}

function addressLines(plan: Plan, place: Place): string[] {
  const rules = place.route.access?.addresses;
  if (rules === undefined) return [];
  const isOpen = ['0.0.0.0/0', '::/0'].every((network) => rules.allow.includes(network));
  if (isOpen && rules.deny.length === 0) return [];
  const lines: string[] = [];
  const { trustedProxies } = plan.settings;
  if (trustedProxies.length > 0) {
    const note =
      'Caddy 2.6 sees the proxy here and not its client: what comes through trusted proxies is answered with 503';
    const which = rules.allow.length > 0 ? 'allow' : 'deny';
    plan.ledger.judge(keyOf(plan, place, which), 'refused', `${note}; from 2.7 on client_ip tells clients apart`);
    lines.push(`@through_proxy remote_ip ${trustedProxies.join(' ')}`, 'respond @through_proxy 503');
  }
  const allowed: string[] = [];
  for (const { network, passes } of orderedNetworks(rules)) {
    if (passes) allowed.push(network);
    else {
      const name = `@denied_${lines.length + 1}`;
      const but = allowed.length === 0 ? [] : [`not remote_ip ${allowed.join(' ')}`];
      lines.push(...block(name, [`remote_ip ${network}`, ...but]), `respond ${name} 403`);
    }
  }
  if (rules.allow.length === 0) return lines;
  return [...lines, `@not_allowed not remote_ip ${rules.allow.join(' ')}`, 'respond @not_allowed 403'];
}

function passwordLines(plan: Plan, place: Place): string[] {
  const { auth } = place;
  if (auth === null) return [];
  const key = keyOf(plan, place, 'auth', 'basic');
  const { names, others, fault } = users(auth.file);
  if (fault !== '') plan.ledger.judge(key, 'refused', `${fault}: nobody passes`);
  else if (others.length > 0) {
    const cure = 'Caddy knows bcrypt alone: `sallyport user add` writes it';
    plan.ledger.judge(key, 'refused', `left out, for their hashes are others: ${others.join(', ')}; ${cure}`);
  }
  if (names.size === 0) return ['# There is nobody whose password Caddy could check.', shut];
  const realm = realmOf(auth.realm);
  if (/[{}`]/.test(auth.realm)) {
    const note = 'parentheses for its braces, apostrophes for its backticks';
    plan.ledger.judge(keyOf(plan, place, 'auth', 'realm'), 'approximated', note);
  }
  return [
    ...block(
      `basicauth bcrypt ${plainly(realm)}`,
      [...names].map(([name, hash]) => `${quoted(name)} ${plainly(hash)}`),
    ),
    ...(auth.passAuthorization ? [] : ['request_header -Authorization']),
  ];
}

/** Caddy puts it between quotation marks as it is. */
function realmOf(realm: string): string {
  return realm.replaceAll(/["\\]/g, '\\$&').replaceAll('{', '(').replaceAll('}', ')').replaceAll('`', "'");
}

function questionLines(plan: Plan, place: Place): string[] {
  const asked = place.route.access?.forwardAuth;
  if (asked === undefined) return [];
  const { target, path, host, timeout, copy, signIn } = asked;
  const tls = target.kind === 'tcp' ? target.tls : null;
  const to = target.kind === 'unix' ? `unix/${target.path}` : target.name.replace(/^\w+:\/\//, '');
  const roots = tls?.ca ? (plan.caFiles.get(tls.ca) ?? publicRoots) : publicRoots;
  const lines = [
    `uri ${quoted(path)}`,
    ...(copy.length === 0 ? [] : [`copy_headers ${copy.map(fieldName).join(' ')}`]),
    `header_up Host ${quoted(host)}`,
    'header_up X-Original-URL {scheme}://{hostport}{http.request.orig_uri}',
    'header_up X-Original-Method {method}',
    ...trustedLines(plan),
    ...block('transport http', [
      ...(timeout === 0 ? [] : [`response_header_timeout ${duration(timeout)}`]),
      ...(tls === null
        ? []
        : [
            'tls',
            `tls_server_name ${plainly(tls.serverName)}`,
            ...(tls.ca === null ? [] : [`tls_trusted_ca_certs ${filePath('the CA file', roots)}`]),
          ]),
    ]),
  ];
  if (signIn !== '') {
    const where = signIn.split('{url}').map(escaped).join('{scheme}://{hostport}{http.request.orig_uri}');
    const page = block('@page', ['method GET HEAD', 'header Accept *text/html*']);
    const answer = [...page, `redir @page ${plainly(where)} 302`, 'copy_response'];
    lines.push('@nobody status 401', ...block('handle_response @nobody', answer));
  }
  // Nobody but the service may say these.
  return [
    ...copy.flatMap(dropped),
    ...block(`forward_auth ${to}`, lines),
    // What the service does not say, Caddy 2.6 passes on as the name of its placeholder.
    ...copy.flatMap((name, index) => [
      `@unsaid_${index + 1} header_regexp ${fieldName(name)} \`^(?:\\{http\\.reverse_proxy\\..*)?$\``,
      `request_header @unsaid_${index + 1} -${name}`,
    ]),
  ];
}

/** Whose forwarding fields a proxy to an app, or to a service that is asked, goes on with. */
export function trustedLines({ settings }: Plan): string[] {
  return settings.trustedProxies.length === 0 ? [] : [`trusted_proxies ${settings.trustedProxies.join(' ')}`];
}
