import { describeError } from '../../../model/errors.ts';
import type { DnsLookup } from '../challenge/dns/lookup.ts';
import { type Finding, good } from './finding.ts';
import { isPublicAddress } from './public-name.ts';

/** Addresses of a name, and what is to be said about them. */
export interface AddressView {
  readonly addresses: readonly string[];
  readonly findings: readonly Finding[];
}

/**
 * Looks where a name leads. `own` are this machine's public addresses, empty when they are not known (behind a router
 * without a configured source): then they are not compared. `publicly`: a CA on the internet must be able to reach it.
 */
export async function checkAddresses(
  lookup: DnsLookup,
  name: string,
  own: readonly string[],
  publicly: boolean,
): Promise<AddressView> {
  let four: readonly string[];
  let six: readonly string[];
  try {
    [four, six] = await Promise.all([lookup.addresses(name, 4), lookup.addresses(name, 6)]);
  } catch (error) {
    const cause = 'the name cannot be resolved at the moment';
    const cure = 'check the DNS servers of the zone';
    const evidence = describeError(error);
    return { addresses: [], findings: [{ level: 'error', code: 'dns-trouble', subject: name, cause, evidence, cure }] };
  }
  const addresses = [...six, ...four];
  if (addresses.length === 0) return { addresses, findings: [missing(name)] };
  const findings = addresses.flatMap((address) => foreign(name, address, own, publicly));
  if (findings.length > 0) return { addresses, findings };
  const seen = addresses.join(', ');
  return { addresses, findings: [good('addresses', name, 'the name leads here', seen)] };
}

function missing(name: string): Finding {
  return {
    level: 'error',
    code: 'no-address',
    subject: name,
    cause: 'the name has no address',
    evidence: 'neither A nor AAAA',
    cure: 'add an A record with the public address of this machine, or use dns-01',
  };
}

function foreign(name: string, address: string, own: readonly string[], publicly: boolean): Finding[] {
  const family = address.includes(':') ? 'AAAA' : 'A';
  const about = { subject: `${name} at ${address}`, evidence: `${family} ${address}` };
  if (publicly && !isPublicAddress(address)) {
    const cause = 'the name leads to a private address, which no CA can reach';
    const cure = `point the ${family} record at the public address, or use dns-01`;
    return [{ ...about, level: 'error', code: 'private-address', cause, cure }];
  }
  const comparable = own.filter((one) => one.includes(':') === address.includes(':'));
  if (own.length === 0 || comparable.includes(address)) return [];
  const evidence = `${about.evidence}; this machine has ${comparable.join(', ') || `no ${family === 'A' ? 'IPv4' : 'IPv6'} address`}`;
  const dead = comparable.length === 0 && family === 'AAAA';
  return [
    {
      ...about,
      evidence,
      level: dead ? 'error' : 'warning',
      code: dead ? 'dead-aaaa' : 'foreign-address',
      cause: dead
        ? 'the name has an IPv6 address that this machine does not have; CAs try IPv6 first'
        : 'the name leads to an address that is not this machine (it may be a router or a network in front of it)',
      cure: dead ? 'remove the AAAA record, or give this machine that address' : `check the ${family} record`,
    },
  ];
}
