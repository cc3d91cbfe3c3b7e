import type { CaaRecord } from 'node:dns';
import { type DnsLookup, LookupTrouble } from '../../src/control/certificates/challenge/dns/lookup.ts';

type Records<T> = Readonly<Record<string, T>>;

export interface FakeZone {
  readonly a?: Records<readonly string[]>;
  readonly aaaa?: Records<readonly string[]>;
  readonly cname?: Records<string>;
  readonly txt?: Records<readonly string[]>;
  readonly ns?: Records<readonly string[]>;
  readonly caa?: Records<readonly CaaRecord[]>;
  /** Names every question about which ends in SERVFAIL. */
  readonly broken?: readonly string[];
}

/** A DNS of the test's own, without a network. */
export function fakeLookup(zone: FakeZone): DnsLookup {
  const look = async <T>(name: string, type: string, records: Records<T> = {}): Promise<T | undefined> => {
    if (zone.broken?.includes(name)) throw new LookupTrouble(name, type, 'SERVFAIL');
    return records[name];
  };
  return {
    servers: ['192.0.2.53:53'],
    addresses: async (name, family) =>
      (await (family === 4 ? look(name, 'A', zone.a) : look(name, 'AAAA', zone.aaaa))) ?? [],
    cname: async (name) => (await look(name, 'CNAME', zone.cname)) ?? null,
    txt: async (name) => (await look(name, 'TXT', zone.txt)) ?? [],
    nameServers: async (name) => (await look(name, 'NS', zone.ns)) ?? [],
    caa: async (name) => (await look(name, 'CAA', zone.caa)) ?? [],
  };
}
