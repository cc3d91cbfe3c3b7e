import type { Clock } from '../../../../model/clock.ts';
import { describeError } from '../../../../model/errors.ts';
import { pause } from '../../acme/poll.ts';
import { ChallengeError } from '../solver.ts';
import { type DnsLookup, dnsLookup, serverAddress } from './lookup.ts';

export interface PropagationOptions {
  readonly lookup: DnsLookup;
  readonly clock: Clock;
  /** How long a record may take to appear, milliseconds. */
  readonly patience: number;
  /** Port of authoritative servers; 53 outside of tests. */
  readonly port: number;
  readonly signal?: AbortSignal | undefined;
}

/**
 * The servers that hold the zone of `name`, as `address:port`; the resolvers of `lookup` when no zone above it names
 * servers (a resolver of its own making).
 */
async function authoritativeServers(lookup: DnsLookup, name: string, port: number): Promise<readonly string[]> {
  const labels = name.split('.');
  for (let start = 0; start < labels.length; start++) {
    const hosts = await lookup.nameServers(labels.slice(start).join('.'));
    if (hosts.length === 0) continue;
    const lists = await Promise.all(hosts.map((host) => addressesOf(lookup, host)));
    const servers = lists.flat().map((address) => serverAddress(address, port));
    if (servers.length > 0) return servers;
  }
  return lookup.servers;
}

async function addressesOf(lookup: DnsLookup, host: string): Promise<readonly string[]> {
  const four = await lookup.addresses(host, 4);
  // A machine without IPv6 could never see the record there, though it exists.
  return four.length > 0 ? four : lookup.addresses(host, 6);
}

/** Which of `servers` do not show `value` yet, with the reason. */
async function lagging(servers: readonly string[], name: string, value: string): Promise<readonly string[]> {
  const views = await Promise.all(
    servers.map(async (server) => {
      try {
        return (await dnsLookup([server]).txt(name)).includes(value) ? '' : `${server} does not show it`;
      } catch (error) {
        return `${server}: ${describeError(error)}`;
      }
    }),
  );
  return views.filter((view) => view !== '');
}

/** Resolves when every authoritative server shows the value: a CA may ask any of them. */
export async function untilPropagated(name: string, value: string, options: PropagationOptions): Promise<void> {
  const { lookup, clock, patience, port, signal } = options;
  const servers = await authoritativeServers(lookup, name, port);
  let waited = 0;
  for (let wait = 500; ; wait = Math.min(wait * 2, 10_000)) {
    const missing = await lagging(servers, name, value);
    if (missing.length === 0) return;
    if (waited >= patience) {
      const text = `the TXT record ${name} did not appear within ${patience / 1000} s: ${missing.join('; ')}`;
      throw new ChallengeError(text, { reason: 'trouble' });
    }
    waited += wait;
    await pause(clock, wait, signal);
  }
}
