import { type CaaRecord, promises } from 'node:dns';
import { isIP } from 'node:net';
import { systemErrorCode } from '../../../../model/errors.ts';

/** A question that got no usable answer (SERVFAIL, time-out), as against "there is no such record". */
export class LookupTrouble extends Error {
  readonly code: string;

  constructor(name: string, type: string, code: string) {
    super(`looking up ${type} of ${name}: ${code}`);
    this.name = 'LookupTrouble';
    this.code = code;
  }
}

/** DNS as the checks see it. No record is an empty list; anything else that went wrong rejects with LookupTrouble. */
export interface DnsLookup {
  /** `address:port` of the servers asked. */
  readonly servers: readonly string[];
  addresses(name: string, family: 4 | 6): Promise<readonly string[]>;
  cname(name: string): Promise<string | null>;
  txt(name: string): Promise<readonly string[]>;
  nameServers(name: string): Promise<readonly string[]>;
  caa(name: string): Promise<readonly CaaRecord[]>;
}

/** A server that does not know the question (NOTIMP) has no such record either. */
const nothing = new Set(['ENODATA', 'ENOTFOUND', 'ENOTIMP']);

/** Lookups at `servers` (`address`, `address:port` or `[address]:port`), or at the system's resolvers when empty. */
export function dnsLookup(servers: readonly string[] = []): DnsLookup {
  const resolver = new promises.Resolver({ timeout: 3000, tries: 2 });
  if (servers.length > 0) resolver.setServers([...servers]);
  const ask = async <T>(name: string, type: string, query: () => Promise<readonly T[]>): Promise<readonly T[]> => {
    try {
      return await query();
    } catch (error) {
      const code = systemErrorCode(error);
      if (nothing.has(code)) return [];
      throw new LookupTrouble(name, type, code.replace(/^E/, '') || 'failed');
    }
  };
  return {
    servers: resolver.getServers(),
    addresses: (name, family) =>
      ask(name, family === 4 ? 'A' : 'AAAA', () => (family === 4 ? resolver.resolve4(name) : resolver.resolve6(name))),
    async cname(name) {
      const [target] = await ask(name, 'CNAME', () => resolver.resolveCname(name));
      return target === undefined ? null : target.toLowerCase().replace(/\.$/, '');
    },
    txt: async (name) => (await ask(name, 'TXT', () => resolver.resolveTxt(name))).map((parts) => parts.join('')),
    nameServers: (name) => ask(name, 'NS', () => resolver.resolveNs(name)),
    caa: (name) => ask(name, 'CAA', () => resolver.resolveCaa(name)),
  };
}

/** An address and port as `setServers` takes them. */
export function serverAddress(address: string, port: number): string {
  return isIP(address) === 6 ? `[${address}]:${port}` : `${address}:${port}`;
}

const longestChain = 8;

/** The name a record really stands at: aliases followed, at most eight. Throws LookupTrouble for a loop. */
export async function followAliases(lookup: DnsLookup, name: string): Promise<string> {
  let current = name;
  for (let hop = 0; hop <= longestChain; hop++) {
    const target = await lookup.cname(current);
    if (target === null) return current;
    current = target;
  }
  throw new LookupTrouble(name, 'CNAME', `more than ${longestChain} aliases in a row`);
}
