import { type ChallengeProofs, noProofs } from '../../model/challenge.ts';
import type { Clock } from '../../model/clock.ts';
import type { Log } from '../../model/log.ts';
import type { CertificatePair } from '../../model/site.ts';
import { dnsLookup } from './challenge/dns/lookup.ts';
import { type DnsSettings, dnsProvider } from './challenge/dns/settings.ts';
import { dns01Solver } from './challenge/dns-01.ts';
import { http01Solver } from './challenge/http-01.ts';
import type { ChallengeKind, ChallengeSolver } from './challenge/solver.ts';
import { tlsAlpn01Solver } from './challenge/tls-alpn-01.ts';
import { type DoctorTools, examine } from './doctor/doctor.ts';
import type { Finding } from './doctor/finding.ts';
import { preflight } from './doctor/preflight.ts';
import { networkProbes } from './doctor/probe.ts';
import { AcmeIssuer, type AcmeIssuerSettings } from './lifecycle/acme-issuer.ts';
import { Lifecycle } from './lifecycle/lifecycle.ts';
import type { LifecycleOptions } from './lifecycle/options.ts';
import type { CertificateStore } from './lifecycle/store.ts';

/** `acme` of the configuration, names of known CAs resolved. */
export interface AcmeSettings {
  /** Tried in this order; at least one. */
  readonly issuers: readonly AcmeIssuerSettings[];
  readonly challenge: 'auto' | ChallengeKind;
  readonly dns: DnsSettings | null;
  /** DNS servers for all checks, `address:port`; empty: the system's. */
  readonly resolvers: readonly string[];
  /** Whether this gate listens where CAs look: on port 80 (http-01) and on port 443 (tls-alpn-01). */
  readonly answers: { readonly http: boolean; readonly tls: boolean };
  /** Ports the doctor looks at: 80 and 443 outside of tests. */
  readonly ports: { readonly http: number; readonly tls: number };
  /** This machine's public addresses; empty when not known. */
  readonly ownAddresses: readonly string[];
  /** Look at names before their first order. */
  readonly preflight: boolean;
}

export interface AcmeServiceTools {
  readonly clock: Clock;
  readonly log: Log;
  readonly store: CertificateStore;
  readonly onIssued: LifecycleOptions['onIssued'];
  readonly onEvent?: NonNullable<LifecycleOptions['onEvent']>;
  /** Makes the gate answer CAs with these proofs and no others; resolves when it does, and never rejects. */
  readonly onProofs?: (proofs: ChallengeProofs) => Promise<void>;
}

/** Everything between a gate and its CAs. */
export interface AcmeService {
  readonly lifecycle: Lifecycle;
  readonly issuers: readonly AcmeIssuer[];
  /** Body for `/.well-known/acme-challenge/TOKEN` on port 80, before any redirect, password or route. */
  http01Response(token: string): string | undefined;
  /** Certificate for a hello that offers `acme-tls/1`; see TlsAlpn01Solver. */
  challengeCertificate(serverName: string): CertificatePair | undefined;
  /** What the CAs would say to an order for `names`; `name` is the certificate's, for known limits. */
  doctor(name: string, names: readonly string[]): Promise<readonly Finding[]>;
}

/** Joins issuers, proofs, doctor and lifecycle. Nothing happens before `lifecycle.start`. */
export function createAcmeService(settings: AcmeSettings, tools: AcmeServiceTools): AcmeService {
  const { clock, log, store, onIssued, onEvent, onProofs = async () => {} } = tools;
  let proofs = noProofs;
  const show = (changed: Partial<ChallengeProofs>): Promise<void> => {
    proofs = { ...proofs, ...changed };
    return onProofs(proofs);
  };
  const http01 = http01Solver((answers) => show({ http01: new Map(answers) }));
  const tlsAlpn01 = tlsAlpn01Solver((pairs) => show({ tlsAlpn01: new Map(pairs) }));
  const lookup = dnsLookup(settings.resolvers);
  const solvers: ChallengeSolver[] = [
    ...(settings.answers.http ? [http01] : []),
    ...(settings.answers.tls ? [tlsAlpn01] : []),
    ...(settings.dns ? [dns01Solver({ provider: dnsProvider(settings.dns), lookup, clock, log })] : []),
  ];
  const wanted = settings.challenge;
  const issuers = settings.issuers.map((one) => new AcmeIssuer(one, { clock, accounts: store, solvers, wanted }));

  async function doctorTools(name: string, asked: readonly AcmeIssuer[]): Promise<DoctorTools> {
    const limits = new Map(lifecycle.orderLimits(name).map((one) => [one.issuer, one.at]));
    const views = await Promise.all(asked.map((one) => one.inspect()));
    return {
      lookup,
      probes: networkProbes,
      ownAddresses: settings.ownAddresses,
      issuers: views.map((view) => ({ ...view, ordersFrom: limits.get(view.name) })),
      solvers,
      wanted,
      httpPort: settings.ports.http,
      tlsPort: settings.ports.tls,
    };
  }

  const lookAhead = async (names: readonly string[], issuer: string): Promise<void> => {
    const asked = issuers.filter((one) => one.name === issuer);
    await preflight(names, await doctorTools(names[0] ?? '', asked));
  };
  const lifecycle: Lifecycle = new Lifecycle({
    clock,
    store,
    issuers,
    log,
    onIssued,
    ...(onEvent ? { onEvent } : {}),
    ...(settings.preflight ? { preflight: lookAhead } : {}),
  });

  return {
    lifecycle,
    issuers,
    http01Response: (token) => http01.response(token),
    challengeCertificate: (serverName) => tlsAlpn01.challengeCertificate(serverName),
    doctor: async (name, names) => examine(names, await doctorTools(name, issuers)),
  };
}
