import type { Route, Site } from '../../model/site.ts';
import { trustId } from '../shown-certificate.ts';
import { AddressGuard } from './address-guard.ts';
import { ClientCertificateGuard } from './client-certificate-guard.ts';
import { ForwardAuthGuard } from './forward-auth/forward-auth-guard.ts';
import { type Guard, pass } from './guard.ts';
import type { GuardHome } from './guard-home.ts';
import { openRouteGuard } from './passwords/open-route-guard.ts';
import { PasswordGuard } from './passwords/password-guard.ts';
import { RateGuard } from './rates/rate-guard.ts';

/** The guards of one route in the order they are asked: addresses, rates, client certificate, passwords, forward auth, rates by user. */
export function compileGuards(site: Site, route: Route, home: GuardHome): readonly Guard[] {
  const { access = {}, auth } = route;
  const guards: Guard[] = [];
  if (access.addresses) guards.push(new AddressGuard(access.addresses));
  const rates = (access.rateLimits ?? []).map((limit) => [limit, new RateGuard(limit, home.rates.get(limit))] as const);
  for (const [{ key }, guard] of rates) if (key !== 'user') guards.push(guard);
  if (site.clientCertificates) {
    const { passCertificate } = site.clientCertificates;
    const required = access.clientCertificate !== 'optional';
    guards.push(
      new ClientCertificateGuard({ required, trust: trustId(site.clientTrust), passCertificate }, home.clock),
    );
  }
  if (auth) {
    const { logins: desk, clock } = home;
    const { users, sessionKeys } = desk.current;
    guards.push(
      new PasswordGuard({
        site: site.name,
        rules: auth,
        users: users.get(auth.file) ?? new Map(),
        sessionKeys,
        desk,
        clock,
      }),
    );
  } else if (site.routes.some((other) => other.auth !== undefined)) guards.push(openRouteGuard);
  if (access.forwardAuth) guards.push(new ForwardAuthGuard(access.forwardAuth, home));
  else guards.push(...keepingNames(site));
  // Only now it is known who it is.
  for (const [{ key }, guard] of rates) if (key === 'user') guards.push(guard);
  return guards;
}

/** Credentials of clients, which the app of a route without forward auth may be after. */
const credentials = new Set(['authorization', 'cookie']);

/** What only the answers of a service may say is kept from the app on the other routes of the site too. */
function keepingNames(site: Site): readonly Guard[] {
  const names = site.routes.flatMap(({ access }) => access?.forwardAuth?.copy ?? []);
  const owned = [...new Set(names)].filter((name) => !credentials.has(name.toLowerCase()));
  return owned.length === 0 ? [] : [{ ownedFields: owned, open: true, check: () => pass }];
}
