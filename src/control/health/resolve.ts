import { promises } from 'node:dns';
import { readFile } from 'node:fs/promises';
import { systemErrorCode } from '../../model/errors.ts';
import { addressesInHosts } from './hosts-file.ts';

/** What a name stands for, and for how many milliseconds that holds. */
interface Resolved {
  readonly addresses: readonly string[];
  readonly holds: number;
}

/** Turns a host name into addresses; rejects with a one-line reason. */
export type Resolve = (name: string) => Promise<Resolved>;

/** How long what is not from the DNS holds, and the bounds of what is; milliseconds. */
const withoutTtl = 30_000;
const shortest = 1_000;
const longest = 3_600_000;

/**
 * Names as this machine means them: the hosts file first, loopback for `localhost` (RFC 6761 §6.3), then the DNS with the TTL
 * of its answer. What the DNS does not know is asked of the system, which may have other sources (search domains, mDNS),
 * unless `servers` (`address`, `address:port`) are given: then only they know.
 */
export function resolverOf(servers: readonly string[]): Resolve {
  const resolver = new promises.Resolver({ timeout: 2_000, tries: 2 });
  if (servers.length > 0) resolver.setServers([...servers]);
  return async (name) => {
    const known = addressesInHosts(await readFile('/etc/hosts', 'utf8').catch(() => ''), name);
    if (known.length > 0) return { addresses: known, holds: withoutTtl };
    if (name === 'localhost' || name.endsWith('.localhost')) return { addresses: ['127.0.0.1', '::1'], holds: longest };
    const answer = await askDns(resolver, name);
    if (answer.addresses.length > 0) return answer;
    if (servers.length > 0) throw new Error(answer.trouble);
    return { addresses: await askSystem(name), holds: withoutTtl };
  };
}

async function askDns(resolver: promises.Resolver, name: string): Promise<Resolved & { readonly trouble: string }> {
  const answers = await Promise.allSettled([
    resolver.resolve4(name, { ttl: true }),
    resolver.resolve6(name, { ttl: true }),
  ]);
  const records = answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []));
  const [refusal] = answers.flatMap((answer) => (answer.status === 'rejected' ? [answer.reason] : []));
  const ttl = Math.min(...records.map((record) => record.ttl)) * 1000;
  return {
    addresses: records.map(({ address }) => address),
    holds: Math.min(Math.max(ttl, shortest), longest),
    trouble: explain(name, refusal),
  };
}

async function askSystem(name: string): Promise<readonly string[]> {
  try {
    return (await promises.lookup(name, { all: true, order: 'verbatim' })).map(({ address }) => address);
  } catch (error) {
    throw new Error(explain(name, error));
  }
}

function explain(name: string, error: unknown): string {
  const code = systemErrorCode(error);
  const known: Readonly<Record<string, string>> = {
    ENOTFOUND: 'there is no such name',
    ENODATA: 'the name has no address',
    ETIMEOUT: 'the DNS does not answer',
    EAI_AGAIN: 'the DNS does not answer',
    ECONNREFUSED: 'no DNS server answers',
    ESERVFAIL: 'the DNS fails on it',
  };
  return `cannot resolve ${name}: ${known[code] ?? (code || 'unknown reason')}`;
}
