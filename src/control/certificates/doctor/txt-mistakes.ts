import { describeError } from '../../../model/errors.ts';
import type { DnsLookup } from '../challenge/dns/lookup.ts';
import { followAliases } from '../challenge/dns/lookup.ts';
import { type Finding, good } from './finding.ts';

/** Suffixes of `domain` that DNS panels append by themselves: all with at least two labels. */
function appended(domain: string): string[] {
  const labels = domain.split('.');
  return labels.slice(0, -1).map((_, start) => labels.slice(start).join('.'));
}

/** The classic mistakes around the `_acme-challenge` record: the zone written twice, an alias that leads in circles. */
export async function checkTxt(lookup: DnsLookup, domain: string): Promise<Finding> {
  const record = `_acme-challenge.${domain}`;
  try {
    for (const zone of appended(domain)) {
      const doubled = `${record}.${zone}`;
      const values = await lookup.txt(doubled);
      if (values.length === 0) continue;
      return {
        level: 'warning',
        code: 'txt-doubled',
        subject: domain,
        cause: 'a proof stands at a name with the zone written twice',
        evidence: `TXT ${doubled}`,
        cure: `in the panel, enter the name without ${zone}: it is appended there`,
      };
    }
    const target = await followAliases(lookup, record);
    const evidence = target === record ? record : `${record} is an alias of ${target}`;
    return good('txt', domain, 'the record for dns-01 can be looked up', evidence);
  } catch (error) {
    return {
      level: 'error',
      code: 'txt-unreadable',
      subject: domain,
      cause: 'the record for dns-01 cannot be looked up',
      evidence: describeError(error),
      cure: `check ${record} and where its alias leads`,
    };
  }
}
