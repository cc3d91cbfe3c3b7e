import { resolve } from 'node:path';
import { literal } from '../literal.ts';
import { addressRules, rulesOf } from './addresses.ts';
import { type AskedService, askedService } from './forward-auth.ts';
import type { Directive } from './parse.ts';
import { rateLimits } from './rate-limits.ts';
import type { Scope } from './scope.ts';
import type { RouteObject } from './shapes.ts';
import { judgeEach, type Work } from './work.ts';

/** Who may pass a location. */
export interface Guards {
  readonly keys: Pick<RouteObject, 'auth' | 'allow' | 'deny' | 'rateLimit' | 'forwardAuth' | 'clientCertificates'>;
  readonly answered: ReadonlyMap<string, string>;
  /** A guard could not be carried, so nobody passes. */
  readonly closed: boolean;
}

/** The guards of a location. One that cannot be carried closes it: never does an import open what was shut. */
export function guardsOf(scope: Scope, server: Scope, work: Work): Guards {
  const auth = passwordOf(scope, work);
  const addresses = addressRules(scope, work);
  const asked = askedService(scope, server, work);
  const limits = rateLimits(scope, work);
  const foreign = foreignGuard(scope, work);
  const demands = [server, scope].some((one) => one.own('if').some(demandsCertificate));
  const demanded = demands && asksForCertificates(server);
  const closed = foreign || (demands && !demanded) || auth === 'closed' || addresses === 'closed' || asked === 'closed';
  const [one, ...more] = limits;
  const rateLimit = one && { rateLimit: more.length === 0 ? one : [...limits] };
  const answered = asked === null || asked === 'closed' ? new Map<string, string>() : asked.answered;
  if (closed) return { keys: { deny: ['all'], ...rateLimit }, answered, closed };
  const parts = {
    ...(demanded && { clientCertificates: 'required' as const }),
    ...(auth && { auth }),
    ...addresses,
    ...(asked && { forwardAuth: asked.forwardAuth }),
  };
  return { keys: { ...ofAny(scope, parts, asked, work), ...rateLimit }, answered, closed };
}

/** Guards of modules that have no equal. */
const foreignGuards = ['auth_jwt', 'auth_pam', 'auth_ldap', 'auth_digest', 'access_by_lua_block', 'access_by_lua_file'];

/** Whether a guard is there that cannot be carried at all. */
function foreignGuard(scope: Scope, { ledger }: Work): boolean {
  const methods = scope.own('limit_except');
  const cure = 'a guard that has no equal: nobody passes until deny: is taken out';
  for (const directive of methods) ledger.judgeAll(directive, 'refused', cure);
  const others = foreignGuards.flatMap((name) => scope.all(name).filter(({ args }) => args[0] !== 'off'));
  for (const directive of others) ledger.judgeAll(directive, 'refused', cure);
  return methods.length + others.length > 0;
}

/** `if ($ssl_client_verify != SUCCESS) { return 403; }` */
export function demandsCertificate({ name, args, block }: Directive): boolean {
  const [answer, ...more] = block ?? [];
  const isRefusal = answer?.name === 'return' && /^4\d\d$/.test(answer.args[0] ?? '') && more.length === 0;
  return name === 'if' && isRefusal && /^\(\s*\$ssl_client_verify != "?SUCCESS"?\s*\)$/.test(args.join(' '));
}

function asksForCertificates(server: Scope): boolean {
  const word = server.one('ssl_verify_client')?.args[0];
  return (word === 'on' || word === 'optional') && server.one('ssl_client_certificate')?.args[0] !== undefined;
}

/** With `satisfy any` one guard is enough in nginx. Sallyport wants all, so the strictest of them stays. */
function ofAny(scope: Scope, parts: Guards['keys'], asked: AskedService | null, work: Work): Guards['keys'] {
  const { ledger } = work;
  const satisfy = scope.one('satisfy');
  if (satisfy === undefined) return parts;
  const { auth, allow, deny, forwardAuth, clientCertificates } = parts;
  const demand = clientCertificates && { clientCertificates };
  const kinds = [auth, allow ?? deny, asked].filter((kind) => kind !== undefined && kind !== null).length;
  if (satisfy.args[0] !== 'any' || kinds < 2) {
    ledger.judge(satisfy, 'carried');
    return parts;
  }
  const stays = auth ? 'the password' : 'the asked service';
  ledger.judge(
    satisfy,
    'refused',
    `all guards have to agree: ${stays} is asked of everybody, addresses are not looked at`,
  );
  judgeEach(work, rulesOf(scope), 'refused', 'see satisfy');
  return auth ? { auth, ...demand } : { ...demand, ...(forwardAuth !== undefined && { forwardAuth }) };
}

function passwordOf(scope: Scope, work: Work): RouteObject['auth'] | 'closed' | null {
  const { ledger } = work;
  const realm = scope.one('auth_basic');
  if (realm === undefined) return null;
  const name = realm.args[0] ?? '';
  if (name === 'off') {
    ledger.judge(realm, 'carried');
    return null;
  }
  const file = scope.one('auth_basic_user_file');
  const path = file?.args[0] ?? '';
  if (file === undefined || path === '' || path.includes('$')) {
    if (file) ledger.judge(file, 'refused', 'a file that depends on the request: nobody passes until auth: names one');
    ledger.judge(realm, 'refused', 'without a file of users: nobody passes until auth: names one');
    return 'closed';
  }
  const isRealm = /^[\x20-\x7e]{1,200}$/.test(name) && !name.includes('$');
  ledger.judge(
    realm,
    isRealm ? 'carried' : 'approximated',
    isRealm ? 'auth: realm' : 'the realm is the name of the site',
  );
  ledger.judge(file, 'carried', 'auth: basic; the same file');
  const dropped = scope.all('proxy_set_header').filter(({ args }) => args[0]?.toLowerCase() === 'authorization');
  const passes = dropped.every(({ args }) => (args[1] ?? '') !== '');
  if (!passes) judgeEach(work, dropped, 'carried', 'auth: the password stays at the gate');
  return {
    basic: literal(resolve(scope.prefix, path)),
    ...(isRealm && { realm: literal(name) }),
    ...(passes && { passAuthorization: true }),
  };
}
