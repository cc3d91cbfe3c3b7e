import { X509Certificate } from 'node:crypto';
import type { Clock } from '../../../model/clock.ts';
import { describeError } from '../../../model/errors.ts';
import type { CertificatePair } from '../../../model/site.ts';
import type { KeyType } from '../acme/csr.ts';
import { type Directory, fetchDirectory } from '../acme/directory.ts';
import type { ExternalAccount } from '../acme/jws.ts';
import { certificateId, fetchRenewalInfo, type RenewalInfo } from '../acme/renewal-info.ts';
import { type RevocationReason, revokeCertificate } from '../acme/revocation.ts';
import { AcmeSession } from '../acme/session.ts';
import { type AcmeTransport, httpsTransport } from '../acme/transport.ts';
import type { ChallengeKind, ChallengeSolver } from '../challenge/solver.ts';
import type { DoctorIssuer } from '../doctor/doctor.ts';
import { AccountKeeper, type ExternalAccountSource, type SessionMaker } from './account-keeper.ts';
import { classify } from './classify.ts';
import { OrderFailure } from './failure.ts';
import type { DuplicateLimit, IssueRequest, Issuer } from './issuer.ts';
import { obtainCertificate } from './obtain.ts';
import type { Generation } from './record.ts';
import type { AccountStore } from './store.ts';

/** One CA as configured. */
export interface AcmeIssuerSettings {
  /** Stable name: key of its account in storage, and how status calls it. */
  readonly name: string;
  readonly directory: string;
  readonly email: string;
  /** PEM roots to trust the CA's API with; absent: the system's. */
  readonly ca?: string | undefined;
  readonly externalAccount?: ExternalAccount | ExternalAccountSource | undefined;
  readonly profile?: string | undefined;
  /** Common name of the root that chains should end at. */
  readonly preferredRoot?: string | undefined;
  readonly keyType?: KeyType;
  readonly duplicateLimit?: DuplicateLimit | undefined;
  /** The CA's staging place, where a name's first order is rehearsed. */
  readonly staging?: { readonly directory: string; readonly ca?: string | undefined } | undefined;
}

/** What an issuer works with. */
export interface AcmeIssuerTools {
  readonly clock: Clock;
  readonly accounts: AccountStore;
  readonly solvers: readonly ChallengeSolver[];
  readonly wanted: 'auto' | ChallengeKind;
  /** Replaces node:https, for tests. */
  readonly transport?: AcmeTransport;
}

/** Clocks that differ by more than this make validity dates meaningless. */
const mostSkew = 3_600_000;
const directoryLife = 3_600_000;

/** An issuer that speaks ACME. */
export class AcmeIssuer implements Issuer {
  readonly name: string;
  readonly duplicateLimit: DuplicateLimit | null;
  readonly rehearse: Issuer['rehearse'];
  readonly renewalInfo: NonNullable<Issuer['renewalInfo']>;
  readonly #settings: AcmeIssuerSettings;
  readonly #tools: AcmeIssuerTools;
  readonly #transport: AcmeTransport;
  readonly #account: AccountKeeper;
  #directory: { readonly value: Directory; readonly readAt: number } | null = null;

  constructor(settings: AcmeIssuerSettings, tools: AcmeIssuerTools) {
    this.name = settings.name;
    this.duplicateLimit = settings.duplicateLimit ?? null;
    this.#settings = settings;
    this.#tools = tools;
    this.#transport = tools.transport ?? httpsTransport({ ca: settings.ca });
    this.#account = new AccountKeeper(settings, tools.accounts);
    this.rehearse = settings.staging ? rehearsal(settings, settings.staging, tools) : null;
    this.renewalInfo = (generation, signal) => this.#renewalInfo(generation, signal);
  }

  async obtain(request: IssueRequest): Promise<Generation> {
    try {
      const pair = await this.#asAccount((session) => this.#order(session, request), request.signal);
      return this.#generation(pair, request.names);
    } catch (error) {
      throw request.signal.aborted ? classify(request.signal.reason) : classify(error);
    }
  }

  /**
   * Revokes a certificate of this issuer, as the account that ordered it; for a compromised key signed by that key, so
   * that the CA refuses it from then on.
   */
  async revoke(generation: Generation, reason: RevocationReason, signal?: AbortSignal): Promise<void> {
    const { chain, key } = generation.pair;
    const signer = reason === 'keyCompromise' ? key : undefined;
    await this.#asAccount((session) => revokeCertificate(session, chain, reason, signer), signal);
  }

  /** What the doctor needs to know of this CA; asks its directory and nothing else. */
  async inspect(signal?: AbortSignal): Promise<Omit<DoctorIssuer, 'ordersFrom'>> {
    const account = await this.#tools.accounts.loadAccount(this.name).catch(() => null);
    const publiclyTrusted = this.#settings.ca === undefined;
    const known = { name: this.name, publiclyTrusted, accountUrl: account?.url ?? '' };
    const now = this.#tools.clock.now();
    try {
      const { directory, serverTime } = await fetchDirectory(this.#transport, this.#settings.directory, now, signal);
      const clockDifference = serverTime === undefined ? undefined : serverTime - this.#tools.clock.now();
      return { ...known, caaIdentities: directory.meta?.caaIdentities ?? [], clockDifference, unreachable: '' };
    } catch (error) {
      return { ...known, caaIdentities: [], clockDifference: undefined, unreachable: describeError(error) };
    }
  }

  /** Gives the account at this CA a new key. */
  async rollOverAccountKey(signal?: AbortSignal): Promise<void> {
    await this.#account.rollOver(await this.#sessionMaker(signal));
  }

  async #asAccount<T>(work: (session: AcmeSession) => Promise<T>, signal: AbortSignal | undefined): Promise<T> {
    return this.#account.run(await this.#sessionMaker(signal), work);
  }

  async #sessionMaker(signal: AbortSignal | undefined): Promise<SessionMaker> {
    const directory = await this.#readDirectory(signal);
    const { clock } = this.#tools;
    return (key) => new AcmeSession({ transport: this.#transport, clock, directory, key, accountUrl: '', signal });
  }

  #order(session: AcmeSession, request: IssueRequest): Promise<CertificatePair> {
    const { solvers, wanted } = this.#tools;
    const { profile, preferredRoot, keyType = 'ecdsa' } = this.#settings;
    const available = solvers.map((solver) => solver.kind);
    return obtainCertificate(session, {
      names: request.names,
      keyType,
      choice: { wanted, available, failed: request.failedChallenges },
      solvers,
      replaces: request.previous?.renewalId || undefined,
      profile,
      preferredRoot,
      signal: request.signal,
    });
  }

  #generation(pair: CertificatePair, names: readonly string[]): Generation {
    const leaf = new X509Certificate(pair.chain);
    return {
      names,
      pair,
      issuer: this.name,
      notBefore: leaf.validFromDate.getTime(),
      notAfter: leaf.validToDate.getTime(),
      renewalId: certificateId(pair.chain),
      obtainedAt: this.#tools.clock.now(),
    };
  }

  /** The directory, read anew when it is an hour old. Rejects with kind `clock` when the CA's clock differs too much. */
  async #readDirectory(signal: AbortSignal | undefined): Promise<Directory> {
    const now = this.#tools.clock.now();
    if (this.#directory && Math.abs(now - this.#directory.readAt) < directoryLife) return this.#directory.value;
    const { directory, serverTime } = await fetchDirectory(this.#transport, this.#settings.directory, now, signal);
    const skew = serverTime === undefined ? 0 : now - serverTime;
    if (Math.abs(skew) > mostSkew) {
      const hours = Math.round(Math.abs(skew) / 3_600_000);
      const text = `this machine's clock is ${hours} h ${skew > 0 ? 'ahead of' : 'behind'} the clock of ${this.name}`;
      throw new OrderFailure(text, { kind: 'clock', cure: 'set the clock, best by NTP' });
    }
    this.#directory = { value: directory, readAt: now };
    return directory;
  }

  async #renewalInfo(generation: Generation, signal: AbortSignal): Promise<RenewalInfo | undefined> {
    const { renewalInfo: base } = await this.#readDirectory(signal);
    if (base === undefined || generation.renewalId === '') return undefined;
    return fetchRenewalInfo(this.#transport, base, generation.renewalId, this.#tools.clock.now(), signal);
  }
}

/** The same names at the CA's staging place, with an account of its own; the certificate is thrown away. */
function rehearsal(
  settings: AcmeIssuerSettings,
  staging: NonNullable<AcmeIssuerSettings['staging']>,
  tools: AcmeIssuerTools,
): NonNullable<Issuer['rehearse']> {
  const { externalAccount: _external, staging: _staging, ...rest } = settings;
  const issuer = new AcmeIssuer({ ...rest, ...staging, name: `${settings.name}-staging` }, tools);
  return async (request) => {
    await issuer.obtain({ ...request, previous: null });
  };
}
