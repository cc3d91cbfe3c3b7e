import type { RateLimit } from '../../../model/access.ts';
import { orderedNetworks } from '../common.ts';
import { keyOf, type Plan } from '../plan.ts';
import { clientCaOf, type Layout, type PlannedBackend } from './layout.ts';
import { chunked, fieldName, word } from './quote.ts';
import type { UserLists } from './users.ts';

/** For what HAProxy cannot guard: nobody passes. */
export const closed = 'http-request deny deny_status 503';

/** The lines of a backend that say who may pass, in the order in which Sallyport asks. */
export function writeGuards(plan: Plan, made: Layout, backend: PlannedBackend, users: UserLists): string[] {
  const { access } = backend.route;
  const all = access?.rateLimits ?? [];
  // Only behind the passwords it is known who it is.
  const limits = [...all.filter(({ key }) => key !== 'user'), ...all.filter(({ key }) => key === 'user')];
  const limitsWhere = (isKnown: boolean): string[] =>
    limits.flatMap((limit, index) => ((limit.key === 'user') === isKnown ? limitLines(plan, limit, index + 1) : []));
  const lines = [
    ...addressLines(backend),
    ...limitsWhere(false),
    ...certificateLines(plan, made, backend),
    ...passwordLines(backend, users),
    ...(access?.forwardAuth === undefined ? [] : [closed]),
    ...limitsWhere(true),
  ];
  return lines.includes(closed) ? [closed] : lines;
}

function addressLines({ route }: PlannedBackend): string[] {
  const rules = route.access?.addresses;
  if (rules === undefined || rules.allow.length + rules.deny.length === 0) return [];
  const set = (passes: boolean, condition: string): string =>
    `http-request set-var(txn.may) bool(${passes})${condition}`;
  // The smallest network decides: what is said last holds.
  const networks = [...orderedNetworks(rules)].reverse();
  return [
    set(rules.allow.length === 0, ''),
    ...networks.map(({ network, passes }) => set(passes, ` if { src ${network} }`)),
    'http-request deny deny_status 403 unless { var(txn.may) -m bool }',
  ];
}

/** Tables of the limits, each in a backend of its own. */
export function writeTables(plan: Plan): string[] {
  const tables = limitsOf(plan).map((limit) => {
    const type = limit.key === 'address' ? 'ipv6' : 'string len 128';
    const period = `${periodOf(limit)}ms`;
    return [
      `backend ${tableOf(plan, limit)}`,
      `    stick-table type ${type} size 100k expire ${period} store http_req_rate(${period})`,
      '',
    ];
  });
  if (plan.settings.limits.connectionsPerAddress > 0) {
    tables.push([
      'backend connections_per_address',
      '    stick-table type ipv6 size 100k expire 1h store conn_cur',
      '',
    ]);
  }
  return tables.flat();
}

/** The time in which a whole burst comes back, milliseconds: counted over it, both the burst and the rate are kept. */
function periodOf({ requests, per, burst }: RateLimit): number {
  return Math.max(1, Math.round((burst * per) / requests));
}

function limitsOf(plan: Plan): readonly RateLimit[] {
  const limits = plan.sites.flatMap(({ places }) => places.flatMap(({ route }) => route.access?.rateLimits ?? []));
  return [...new Map(limits.map((limit) => [limit.id, limit])).values()];
}

function tableOf(plan: Plan, { id }: RateLimit): string {
  return `rate_limit_${limitsOf(plan).findIndex((one) => one.id === id) + 1}`;
}

/** HAProxy has three counters for a request; the first is that of connections. */
function limitLines(plan: Plan, limit: RateLimit, counter: number): string[] {
  const table = tableOf(plan, limit);
  const track = (expression: string, condition = ''): string =>
    `http-request track-sc${counter} ${expression} table ${table}${condition}`;
  const found = (expression: string): string => track(expression, ` if { ${expression} -m found }`);
  const lines: string[] = [];
  if (limit.key === 'all') lines.push(track('str(all)'));
  else {
    if (limit.key === 'user') lines.push(found('http_auth_user'));
    if (limit.key === 'header') lines.push(found(`req.hdr(${fieldName(limit.header)})`));
    lines.push(track('src'));
  }
  return [...lines, `http-request deny deny_status 429 if { sc${counter}_http_req_rate(${table}) gt ${limit.burst} }`];
}

function certificateLines(plan: Plan, { clientCa }: Layout, { one, route, places }: PlannedBackend): string[] {
  const { clientCertificates } = one.site;
  const [first] = places;
  if (clientCertificates === undefined || clientCa === null || first === undefined) return [];
  const own = clientCaOf(plan, one);
  const key = keyOf(plan, first.place, 'clientCertificates');
  if (own.file !== clientCa.file || own.revocations !== clientCa.revocations) {
    const note = 'HAProxy asks all clients of a port by one list of CAs, that of the first site: this one answers 503';
    plan.ledger.judge(key, 'refused', note);
    return [closed];
  }
  plan.ledger.judge(key, 'approximated', 'the clients of all sites are asked for a certificate; others may go without');
  const good = '{ ssl_c_verify 0 } { ssl_c_err 0 } { ssl_c_ca_err 0 }';
  const optional = route.access?.clientCertificate === 'optional';
  const none = optional ? ' or !{ ssl_c_used }' : '';
  return [`http-request deny deny_status 403 unless { ssl_c_used } ${good}${none}`];
}

function passwordLines({ places }: PlannedBackend, users: UserLists): string[] {
  const asked = places.find(({ place }) => place.auth !== null);
  if (asked === undefined || asked.place.auth === null) return [];
  const { realm, file } = asked.place.auth;
  const open = places.filter(({ place }) => place.auth === null).map(({ id }) => id);
  const except = chunked(open).map((some) => `acl without_password var(txn.place) -m str ${some.join(' ')}`);
  return [
    ...except,
    // It stands between quotation marks in the answer.
    `http-request auth realm ${word(realm.replaceAll(/[\\"]/g, '\\$&'))} unless { http_auth(${users.listOf(file)}) }${
      open.length === 0 ? '' : ' or without_password'
    }`,
    `http-request set-var(txn.user) http_auth_user${open.length === 0 ? '' : ' unless without_password'}`,
  ];
}
