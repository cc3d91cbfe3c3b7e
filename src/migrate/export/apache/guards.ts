import { orderedNetworks } from '../common.ts';
import { keyOf, type Place, type Plan, type PlannedSite } from '../plan.ts';
import { filePath, quoted } from './quote.ts';

/** The lines of a place that say who may pass; what a shorter path says holds no more. */
export function guardLines(plan: Plan, { site }: PlannedSite, place: Place): string[] {
  const {
    auth,
    route: { access },
  } = place;
  const needed: string[] = [];
  if (access?.addresses)
    needed.push(...networkLines(access.addresses.allow.length === 0, orderedNetworks(access.addresses)));
  if (site.clientCertificates !== undefined && access?.clientCertificate === 'required') {
    needed.push(`Require expr "%{SSL_CLIENT_VERIFY} == 'SUCCESS'"`);
  }
  if (auth !== null) needed.push('Require valid-user');
  const realm = auth === null ? '' : plainRealm(auth.realm);
  if (auth !== null && realm !== auth.realm) {
    const note = `Apache would take parts of it for an expression: ${JSON.stringify(realm)} instead`;
    plan.ledger.judge(keyOf(plan, place, 'auth', 'realm'), 'approximated', note);
  }
  const asks =
    auth === null
      ? ['AuthType None']
      : [
          'AuthType Basic',
          `AuthName ${quoted(realm)}`,
          'AuthBasicProvider file',
          `AuthUserFile ${filePath('the file of users', auth.file)}`,
        ];
  if (needed.length === 0) return [...asks, 'Require all granted'];
  return needed.length === 1
    ? [...asks, ...needed]
    : [...asks, '<RequireAll>', ...needed.map((line) => `    ${line}`), '</RequireAll>'];
}

/** Apache has no mask of no bits. */
const wholeFamilies: ReadonlyMap<string, string> = new Map([
  ['0.0.0.0/0', 'expr "%{REMOTE_ADDR} !~ /:/"'],
  ['::/0', 'expr "%{REMOTE_ADDR} =~ /:/"'],
]);

/** The smallest network decides: each one stands around the larger ones. */
function networkLines(
  othersPass: boolean,
  [first, ...larger]: readonly { readonly network: string; readonly passes: boolean }[],
): string[] {
  if (first === undefined) return [`Require all ${othersPass ? 'granted' : 'denied'}`];
  const rest = networkLines(othersPass, larger);
  const { network, passes } = first;
  const [tag, not] = passes ? ['RequireAny', ''] : ['RequireAll', 'not '];
  const own = `Require ${not}${wholeFamilies.get(network) ?? `ip ${network}`}`;
  return [`<${tag}>`, `    ${own}`, ...rest.map((line) => `    ${line}`), `</${tag}>`];
}

/** AuthName is an expression (ap_expr): what would begin something in it is left out. */
function plainRealm(realm: string): string {
  return realm.replaceAll(/[%\\{}`]|\$(?=[\d{])/g, '_');
}
