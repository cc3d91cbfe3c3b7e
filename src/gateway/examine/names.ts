import { networkInterfaces } from 'node:os';
import { type Finding, good } from '../../control/certificates/doctor/finding.ts';
import { resolverOf } from '../../control/health/resolve.ts';
import { describeError } from '../../model/errors.ts';
import { comparableAddress, isAddress, isInternalHost } from '../../model/host.ts';
import type { Settings } from '../../model/settings.ts';
import type { SiteSettings } from '../../model/site.ts';

/**
 * Whether the names of sites lead to this machine: by the hosts file, by the DNS (`acme.resolvers`, or else the system's), names that
 * are not public in any way the system knows.
 * Left out are wildcards, and names that a CA will ask at their address, for these are the doctor's.
 */
export async function examineNames({ sites, acme }: Settings): Promise<Finding[]> {
  const names = sites.filter((site) => !asksDoctor(site, acme.challenge)).flatMap((site) => site.names);
  const [publicly, locally] = [resolverOf(acme.resolvers), resolverOf([])];
  const own = ownAddresses();
  return Promise.all(
    [...new Set(names)]
      .filter((name) => !name.startsWith('*.'))
      .map(async (name) => {
        if (isAddress(name)) return judge(name, [name], own);
        try {
          const known = publicly(name).catch((error) => (isInternalHost(name) ? locally(name) : Promise.reject(error)));
          return judge(name, (await known).addresses, own);
        } catch (error) {
          return unknown(name, describeError(error), own);
        }
      }),
  );
}

function asksDoctor({ tls }: SiteSettings, challenge: Settings['acme']['challenge']): boolean {
  return tls.mode === 'acme' && challenge !== 'dns-01';
}

/** Every address of this machine, loopback last. */
function ownAddresses(): readonly string[] {
  const all = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  return [...all.filter((one) => !one.internal), ...all.filter((one) => one.internal)].map(({ address }) => address);
}

function judge(name: string, addresses: readonly string[], own: readonly string[]): Finding {
  const evidence = addresses.join(', ');
  const elsewhere = addresses.filter((address) => !isOwn(address, own));
  if (elsewhere.length === 0) return good('name-here', name, 'the name leads here', isAddress(name) ? '' : evidence);
  const cause = isAddress(name)
    ? 'this machine does not have this address (a router in front of it may)'
    : 'the name leads to an address that is not this machine (it may be a router or a network in front of it)';
  const cure = isInternalHost(name)
    ? `correct its DNS record, or the line in /etc/hosts: ${hostsLine(name, own)}`
    : 'check its A and AAAA records, and that the router forwards the ports here';
  return { level: 'warning', code: 'name-elsewhere', subject: name, cause, evidence, cure };
}

function isOwn(address: string, own: readonly string[]): boolean {
  const comparable = comparableAddress(address);
  return comparable !== null && (comparable.startsWith('127.') || own.includes(comparable));
}

function unknown(subject: string, evidence: string, own: readonly string[]): Finding {
  const internal = isInternalHost(subject);
  const cure = internal
    ? `add a DNS record, or on each machine that shall reach it this line in /etc/hosts: ${hostsLine(subject, own)}`
    : 'add an A record with the public address of this machine';
  const level = internal ? 'warning' : 'error';
  return { level, code: 'name-unknown', subject, cause: 'the name leads nowhere', evidence, cure };
}

function hostsLine(name: string, own: readonly string[]): string {
  return `${own.find((address) => address.includes('.')) ?? '127.0.0.1'} ${name}`;
}
