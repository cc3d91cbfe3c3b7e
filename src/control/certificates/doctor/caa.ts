import type { CaaRecord } from 'node:dns';
import { describeError } from '../../../model/errors.ts';
import type { DnsLookup } from '../challenge/dns/lookup.ts';
import type { ChallengeKind } from '../challenge/solver.ts';
import { type Finding, good } from './finding.ts';

/** What a CA compares CAA records with. */
export interface CaaQuestion {
  /** Without `*.`. */
  readonly domain: string;
  readonly wildcard: boolean;
  /** The CA's own names, from the `caaIdentities` of its directory. */
  readonly identities: readonly string[];
  /** '' when there is no account yet. */
  readonly accountUrl: string;
  readonly challenge: ChallengeKind;
}

/** The records that count: the closest set at or above the name (RFC 8659 section 3); aliases are followed by the resolver. */
async function relevantCaa(
  lookup: DnsLookup,
  domain: string,
): Promise<{ readonly at: string; readonly records: readonly CaaRecord[] }> {
  const labels = domain.split('.');
  for (let start = 0; start < labels.length; start++) {
    const at = labels.slice(start).join('.');
    const records = await lookup.caa(at);
    if (records.length > 0) return { at, records };
  }
  return { at: '', records: [] };
}

interface Property {
  readonly issuer: string;
  readonly parameters: ReadonlyMap<string, string>;
}

/** `ca.example; accounturi=https://…` (RFC 8659 section 4.2, RFC 8657). */
function parseProperty(value: string): Property {
  const [issuer = '', ...rest] = value.split(';').map((part) => part.trim());
  const pairs = rest
    .filter((part) => part.includes('='))
    .map((part) => {
      const at = part.indexOf('=');
      return [part.slice(0, at).trim().toLowerCase(), part.slice(at + 1).trim()] as const;
    });
  return { issuer: issuer.toLowerCase(), parameters: new Map(pairs) };
}

const knownTags = new Set(['issue', 'issuewild', 'iodef', 'contactemail', 'contactphone', 'issuemail', 'issuevmc']);

function unknownCritical(record: CaaRecord): boolean {
  const tags = Object.keys(record).filter((key) => key !== 'critical' && key !== 'type');
  return record.critical >= 128 && tags.some((tag) => !knownTags.has(tag.toLowerCase()));
}

/** '' when the records let the CA issue, else why not. */
export function caaRefusal(records: readonly CaaRecord[], question: CaaQuestion): string {
  if (records.some(unknownCritical)) return 'a critical record of an unknown kind forbids every CA';
  const wild = records.flatMap((record) => (record.issuewild === undefined ? [] : [record.issuewild]));
  const plain = records.flatMap((record) => (record.issue === undefined ? [] : [record.issue]));
  const values = question.wildcard && wild.length > 0 ? wild : plain;
  if (values.length === 0) return '';
  const mine = values.map(parseProperty).filter((one) => question.identities.includes(one.issuer));
  if (mine.length === 0) return `only ${values.map((one) => `"${one}"`).join(', ')} may issue`;
  const reasons = mine.map((one) => parameterRefusal(one, question));
  return reasons.includes('') ? '' : (reasons[0] ?? '');
}

function parameterRefusal({ parameters }: Property, question: CaaQuestion): string {
  const account = parameters.get('accounturi');
  if (account !== undefined && account !== question.accountUrl) {
    return `only the account ${account} may order${question.accountUrl ? `, ours is ${question.accountUrl}` : ''}`;
  }
  const methods = parameters
    .get('validationmethods')
    ?.split(',')
    .map((one) => one.trim());
  return methods && !methods.includes(question.challenge) ? `only ${methods.join(', ')} may prove the name` : '';
}

/** What the CA's check of CAA will say. */
export async function checkCaa(lookup: DnsLookup, question: CaaQuestion): Promise<Finding> {
  const { domain, identities } = question;
  try {
    const { at, records } = await relevantCaa(lookup, domain);
    if (records.length === 0) return good('caa', domain, 'no CAA record restricts the CA', 'none up to the top');
    const refusal = identities.length === 0 ? '' : caaRefusal(records, question);
    if (refusal === '') return good('caa', domain, 'the CAA records allow the CA', `records at ${at}`);
    return {
      level: 'error',
      code: 'caa-forbids',
      subject: domain,
      cause: 'CAA records forbid this CA to issue',
      evidence: `at ${at}: ${refusal}`,
      cure: `add a record at ${at}: CAA 0 ${question.wildcard ? 'issuewild' : 'issue'} "${identities[0]}"`,
    };
  } catch (error) {
    return {
      level: 'error',
      code: 'caa-unreadable',
      subject: domain,
      cause: 'CAA records cannot be read, and a CA must refuse then',
      evidence: describeError(error),
      cure: 'repair the DNS servers of the zone: they must answer CAA questions, if only with "none"',
    };
  }
}
