import { randomBytes } from 'node:crypto';
import { isIP } from 'node:net';
import { identifierOf } from '../acme/identifier.ts';
import type { DnsLookup } from '../challenge/dns/lookup.ts';
import { possibleKinds } from '../challenge/pick.ts';
import type { ChallengeKind, ChallengeSolver } from '../challenge/solver.ts';
import { challengeServerName, type TlsAlpn01Solver } from '../challenge/tls-alpn-01.ts';
import { checkAddresses } from './addresses.ts';
import { checkCaa } from './caa.ts';
import { type Finding, good } from './finding.ts';
import { checkHttp } from './http-reach.ts';
import { fingerprintOf, type Probes } from './probe.ts';
import { checkPublicName } from './public-name.ts';
import { checkTxt } from './txt-mistakes.ts';

/** A CA as the doctor needs to know it. */
export interface DoctorIssuer {
  readonly name: string;
  /** From its directory; empty when unknown: CAA is then only read, not judged. */
  readonly caaIdentities: readonly string[];
  /** Bound by the rules for public CAs; a private one may sign private names and look at private addresses. */
  readonly publiclyTrusted: boolean;
  /** '' before the first order. */
  readonly accountUrl: string;
  /** The CA's clock minus ours, milliseconds; undefined when the CA did not answer. */
  readonly clockDifference: number | undefined;
  /** Why the CA's directory could not be read; ''. */
  readonly unreachable: string;
  /** Wall-clock milliseconds before which it takes no order for these names; undefined: now. */
  readonly ordersFrom?: number | undefined;
}

/** What the doctor looks with. */
export interface DoctorTools {
  readonly lookup: DnsLookup;
  readonly probes: Probes;
  /** This machine's public addresses; empty when not known. */
  readonly ownAddresses: readonly string[];
  readonly issuers: readonly DoctorIssuer[];
  /** The solvers of the running gate: proofs are really shown and looked for. */
  readonly solvers: readonly ChallengeSolver[];
  readonly wanted: 'auto' | ChallengeKind;
  /** Where CAs look: 80 and 443 outside of tests. */
  readonly httpPort: number;
  readonly tlsPort: number;
}

/**
 * Predicts what a CA will say to an order for `names`, without placing one. Findings come name by name, the clock and
 * the CAs last. No order can succeed while one is an `error`, except that one working kind of proof is enough.
 */
export async function examine(names: readonly string[], tools: DoctorTools): Promise<readonly Finding[]> {
  const perName = await Promise.all(names.map((name) => examineName(name, tools)));
  return [...perName.flat(), ...tools.issuers.flatMap(checkIssuer)];
}

async function examineName(name: string, tools: DoctorTools): Promise<readonly Finding[]> {
  const publicly = tools.issuers.some((one) => one.publiclyTrusted);
  const refused = publicly ? checkPublicName(name) : null;
  if (refused) return [refused];
  const wildcard = name.startsWith('*.');
  const domain = wildcard ? name.slice(2) : name;
  const identifier = identifierOf(domain);
  const available = tools.solvers.map((solver) => solver.kind);
  const kinds = possibleKinds(identifier, wildcard).filter(
    (kind) => available.includes(kind) && (tools.wanted === 'auto' || tools.wanted === kind),
  );
  const findings: Finding[] = [];
  if (kinds.length === 0) findings.push(noWay(name, wildcard));
  const { addresses, findings: about } = await addressesOf(domain, kinds, tools);
  findings.push(...about);
  if (kinds.includes('dns-01')) findings.push(await checkTxt(tools.lookup, domain));
  const reach = kinds.includes('http-01') ? await httpReach(domain, addresses, tools) : [];
  const tls = kinds.includes('tls-alpn-01') ? await tlsReach(domain, addresses, tools) : [];
  findings.push(...softened(reach, tls), ...softened(tls, reach));
  const challenge = kinds[0] ?? 'http-01';
  if (isIP(domain) === 0) findings.push(...(await caaOf(domain, wildcard, challenge, tools)));
  return findings;
}

/** A closed port is no obstacle while the other one works. */
function softened(findings: readonly Finding[], others: readonly Finding[]): readonly Finding[] {
  const otherWorks = others.length > 0 && others.every((one) => one.level === 'ok');
  return otherWorks ? findings.map((one) => (one.level === 'error' ? { ...one, level: 'warning' } : one)) : findings;
}

function noWay(name: string, wildcard: boolean): Finding {
  return {
    level: 'error',
    code: wildcard ? 'wildcard-needs-dns' : 'no-challenge',
    subject: name,
    cause: wildcard ? 'a wildcard can only be proven by dns-01' : 'no kind of proof can be used for this name',
    evidence: wildcard ? 'no DNS provider is configured' : 'neither port 80, port 443 nor a DNS provider is configured',
    cure: 'configure acme.dns',
  };
}

async function addressesOf(domain: string, kinds: readonly ChallengeKind[], tools: DoctorTools) {
  if (isIP(domain) !== 0) return { addresses: [domain], findings: [] };
  // A name that is proven by its zone alone may lead anywhere.
  if (!kinds.some((kind) => kind !== 'dns-01')) return { addresses: [], findings: [] };
  const publicly = tools.issuers.some((one) => one.publiclyTrusted);
  return checkAddresses(tools.lookup, domain, tools.ownAddresses, publicly);
}

async function httpReach(name: string, addresses: readonly string[], tools: DoctorTools): Promise<readonly Finding[]> {
  const solver = tools.solvers.find((one) => one.kind === 'http-01')!;
  const token = `doctor-${randomBytes(16).toString('hex')}`;
  const answer = `${token}.doctor`;
  const withdraw = await solver.present({ identifier: identifierOf(name), token, keyAuthorization: answer });
  try {
    const { httpPort: port, tlsPort } = tools;
    return await Promise.all(
      addresses.map((address) => checkHttp({ name, address, port, tlsPort, token, answer }, tools.probes)),
    );
  } finally {
    await withdraw();
  }
}

async function tlsReach(name: string, addresses: readonly string[], tools: DoctorTools): Promise<readonly Finding[]> {
  const solver = tools.solvers.find((one): one is TlsAlpn01Solver => one.kind === 'tls-alpn-01')!;
  const identifier = identifierOf(name);
  const serverName = challengeServerName(identifier);
  // An order may be proving the name right now; its certificate must not be disturbed.
  if (solver.challengeCertificate(serverName)) return [];
  const withdraw = await solver.present({
    identifier,
    token: 'doctor',
    keyAuthorization: randomBytes(16).toString('hex'),
  });
  try {
    const wanted = fingerprintOf(solver.challengeCertificate(serverName)?.chain ?? '');
    return await Promise.all(addresses.map((address) => tlsAt(name, address, serverName, wanted, tools)));
  } finally {
    await withdraw();
  }
}

async function tlsAt(
  name: string,
  address: string,
  serverName: string,
  wanted: string,
  { probes, tlsPort }: DoctorTools,
): Promise<Finding> {
  const subject = `${name} at ${address}`;
  const view = await probes.alpn(address, tlsPort, serverName);
  if ('fingerprint' in view && view.fingerprint === wanted) {
    return good('port-443', subject, 'this gate answers on port 443', 'the challenge certificate was shown');
  }
  const evidence = 'failure' in view ? view.failure : 'another certificate was shown';
  const cause = 'this gate cannot be reached on port 443';
  const cure = 'open port 443 in the firewall and forward it from the router to this machine';
  return { level: 'error', code: 'port-443-closed', subject, cause, evidence, cure };
}

function caaOf(domain: string, wildcard: boolean, challenge: ChallengeKind, tools: DoctorTools): Promise<Finding[]> {
  return Promise.all(
    tools.issuers.map(({ caaIdentities: identities, accountUrl }) =>
      checkCaa(tools.lookup, { domain, wildcard, identities, accountUrl, challenge }),
    ),
  );
}

const mostSkew = 5 * 60_000;

function checkIssuer(issuer: DoctorIssuer): Finding[] {
  const { name, clockDifference, unreachable } = issuer;
  if (unreachable !== '') {
    const cause = 'the CA does not answer';
    const cure = 'wait; certificates in use stay in use, and other issuers are asked meanwhile';
    return [{ level: 'error', code: 'ca-unreachable', subject: name, cause, evidence: unreachable, cure }];
  }
  const findings: Finding[] = [];
  if (issuer.ordersFrom !== undefined) {
    const cause = 'the limits of the CA leave no room for another order';
    const evidence = `next one at ${new Date(issuer.ordersFrom).toISOString()}`;
    const cure = 'wait until then; a certificate in use stays in use';
    findings.push({ level: 'warning', code: 'ca-limit', subject: name, cause, evidence, cure });
  }
  if (clockDifference === undefined || Math.abs(clockDifference) <= mostSkew) return findings;
  const minutes = Math.round(Math.abs(clockDifference) / 60_000);
  const evidence = `${minutes} min ${clockDifference > 0 ? 'behind' : 'ahead of'} ${name}`;
  const cause = "this machine's clock is wrong";
  findings.push({ level: 'error', code: 'clock', subject: name, cause, evidence, cure: 'set the clock, best by NTP' });
  return findings;
}
