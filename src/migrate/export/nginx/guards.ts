import type { RateLimit } from '../../../model/access.ts';
import { orderedNetworks, perMinute, publicRoots, seconds } from '../common.ts';
import type { Place, Plan, PlannedSite } from '../plan.ts';
import { variable } from './fields.ts';
import { filePath, quoted } from './quote.ts';

/** The lines of a location that say who may pass, in the order in which nginx asks. */
export function writeGuards(plan: Plan, { site }: PlannedSite, place: Place): string[] {
  const { access } = place.route;
  const lines: string[] = [];
  for (const limit of access?.rateLimits ?? []) {
    const burst = limit.burst > 1 ? ` burst=${limit.burst - 1} nodelay` : '';
    lines.push(`limit_req zone=${zoneOf(plan, limit)}${burst};`);
  }
  if (access?.rateLimits?.length) lines.push('limit_req_status 429;');
  if (access?.addresses) {
    for (const { network, passes } of orderedNetworks(access.addresses))
      lines.push(`${passes ? 'allow' : 'deny'} ${network};`);
    if (access.addresses.allow.length > 0) lines.push('deny all;');
  }
  if (access?.clientCertificate !== undefined && site.clientCertificates !== undefined) {
    const good = access.clientCertificate === 'required' ? '^SUCCESS$' : '^(SUCCESS|NONE)$';
    lines.push(`if ($ssl_client_verify !~ "${good}") {`, '    return 403;', '}');
  }
  if (place.auth !== null) {
    const file = filePath('the file of users', place.auth.file);
    // nginx puts it between quotation marks as it is.
    const realm = place.auth.realm.replaceAll(/["\\]/g, '\\$&');
    lines.push(`auth_basic ${quoted(realm)};`, `auth_basic_user_file ${file};`);
  }
  const asked = access?.forwardAuth;
  if (asked !== undefined) {
    lines.push(`auth_request ${questionOf(plan, place)};`);
    for (const name of [...asked.copy, ...asked.copyToClient]) {
      lines.push(`auth_request_set $sallyport_${variable(name)} $upstream_http_${variable(name)};`);
    }
    if (asked.signIn !== '') {
      const where = asked.signIn.split('{url}').map((part) => quoted(part).slice(1, -1));
      lines.push(`error_page 401 =302 "${where.join('$scheme://$http_host$request_uri')}";`);
    }
  }
  return lines;
}

/** The zones of limits, outside of any server. */
export function writeZones(plan: Plan): string[] {
  const lines = limitsOf(plan).map((limit) => {
    const persecond = (limit.requests * 1000) / limit.per;
    const rate = Number.isInteger(persecond) ? `${persecond}r/s` : `${perMinute(limit)}r/m`;
    return `limit_req_zone ${keyVariable(limit)} zone=${zoneOf(plan, limit)}:10m rate=${rate};`;
  });
  if (plan.settings.limits.connectionsPerAddress > 0) {
    lines.push('limit_conn_zone $binary_remote_addr zone=sallyport_addresses:10m;');
  }
  return lines.length === 0 ? [] : [...lines, ''];
}

function limitsOf(plan: Plan): readonly RateLimit[] {
  const limits = plan.sites.flatMap(({ places }) => places.flatMap(({ route }) => route.access?.rateLimits ?? []));
  return [...new Map(limits.map((limit) => [limit.id, limit])).values()];
}

function zoneOf(plan: Plan, { id }: RateLimit): string {
  return `sallyport_limit_${limitsOf(plan).findIndex((one) => one.id === id) + 1}`;
}

function keyVariable({ key, header }: RateLimit): string {
  if (key === 'address') return '$binary_remote_addr';
  if (key === 'user') return '$remote_user';
  return key === 'header' ? `$http_${variable(header)}` : '$server_name';
}

function questionOf(plan: Plan, place: Place): string {
  const asking = plan.sites.flatMap(({ places }) => places).filter(({ route }) => route.access?.forwardAuth);
  return `/_sallyport_question_${asking.indexOf(place) + 1}`;
}

/** The location that asks the service of a place; none where nobody is asked. */
export function writeQuestion(plan: Plan, place: Place): string[] {
  const asked = place.route.access?.forwardAuth;
  if (asked === undefined) return [];
  const { target, path, host, timeout } = asked;
  const tls = target.kind === 'tcp' ? target.tls : null;
  const authority = target.kind === 'tcp' ? target.name.replace(/^\w+:\/\//, '') : '';
  const roots = tls?.ca ? (plan.caFiles.get(tls.ca) ?? publicRoots) : publicRoots;
  return [
    `location = ${questionOf(plan, place)} {`,
    '    internal;',
    `    proxy_pass ${quoted(`${tls === null ? 'http' : 'https'}://${authority}${path}`)};`,
    '    proxy_pass_request_body off;',
    `    proxy_read_timeout ${seconds(timeout)}s;`,
    '    proxy_set_header Content-Length "";',
    `    proxy_set_header Host ${quoted(host)};`,
    '    proxy_set_header X-Original-URL $scheme://$http_host$request_uri;',
    '    proxy_set_header X-Original-Method $request_method;',
    '    proxy_set_header X-Forwarded-Method $request_method;',
    '    proxy_set_header X-Forwarded-Proto $scheme;',
    '    proxy_set_header X-Forwarded-Host $http_host;',
    '    proxy_set_header X-Forwarded-Uri $request_uri;',
    '    proxy_set_header X-Forwarded-For $remote_addr;',
    ...(tls === null
      ? []
      : [
          '    proxy_ssl_verify on;',
          '    proxy_ssl_server_name on;',
          `    proxy_ssl_trusted_certificate ${filePath('the CA file', roots)};`,
        ]),
    '}',
    '',
  ];
}
