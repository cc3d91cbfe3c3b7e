import type { Route, Site } from '../../model/site.ts';
import type { Guard } from './guard.ts';
import type { GuardHome } from './guard-home.ts';

/** The guards of one route in the order they are asked: addresses, rates, client certificate, passwords, forward auth. */
export function compileGuards(_site: Site, _route: Route, _home: GuardHome): readonly Guard[] {
  return [];
}
