import type { Route, Site } from '../../model/site.ts';
import { trustId } from '../shown-certificate.ts';
import { AddressGuard } from './address-guard.ts';
import { ClientCertificateGuard } from './client-certificate-guard.ts';
import type { Guard } from './guard.ts';
import type { GuardHome } from './guard-home.ts';

/** The guards of one route in the order they are asked: addresses, rates, client certificate, passwords, forward auth. */
export function compileGuards(site: Site, { access = {} }: Route, home: GuardHome): readonly Guard[] {
  const guards: Guard[] = [];
  if (access.addresses) guards.push(new AddressGuard(access.addresses));
  if (site.clientCertificates) {
    const { passCertificate } = site.clientCertificates;
    const required = access.clientCertificate !== 'optional';
    guards.push(
      new ClientCertificateGuard({ required, trust: trustId(site.clientTrust), passCertificate }, home.clock),
    );
  }
  return guards;
}
