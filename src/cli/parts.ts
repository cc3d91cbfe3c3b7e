import type { Finding } from '../control/certificates/doctor/finding.ts';
import type { TargetVerdict } from '../control/health/reach.ts';
import type { RunningGate } from '../gateway/examine/ports.ts';
import type { Gateway, StartOptions } from '../gateway/gateway.ts';
import type { UserError } from '../model/errors.ts';
import type { ListenAddress, Settings } from '../model/settings.ts';
import type { CertificatePair } from '../model/site.ts';
import type { CertificateFacts } from '../model/status.ts';

/** A configuration that was read, and what is doubtful about it. */
export interface ReadSettings {
  readonly settings: Settings;
  readonly warnings: readonly UserError[];
}

/** What `up` and `demo` are told instead of a file; absent members take the default, an empty list is no listening. */
interface HostOptions {
  /** The site's name, then its aliases. */
  readonly hosts: readonly string[];
  /** As `to` in a configuration file. */
  readonly target: string;
  readonly http?: readonly ListenAddress[];
  readonly https?: readonly ListenAddress[];
  /** Absolute paths. */
  readonly state?: string;
  readonly control?: string;
  readonly tls?: 'internal' | 'auto' | 'off';
}

/** The in-house CA's root certificate. */
export interface RootCertificate {
  readonly pem: string;
  readonly path: string;
}

/** Where the in-house CA is, and the limits it gets when it is made. */
export type AuthorityPlace = Pick<Settings, 'state' | 'authority'>;

/** `mobileconfig` is an Apple configuration profile. */
export type RootForm = 'pem' | 'der' | 'mobileconfig';

/** What the verbs call; tests put other parts in place of the real ones. Every rejection meant for the user is a
 * UserError, or an AggregateError of several. */
export interface Parts {
  readSettings(file: string): Promise<ReadSettings>;
  settingsForHosts(options: HostOptions): ReadSettings;
  /** Makes the CA in the state directory if there is none yet. */
  rootCertificate(place: AuthorityPlace): Promise<RootCertificate>;
  /** Whether the state directory has an in-house CA, as far as this user may look. */
  hasAuthority(state: string): boolean;
  /** The state directory that root uses when none is configured. */
  readonly systemState: string;
  /** The state directory used when none is configured; absolute. */
  defaultState(): string;
  /** The control socket used for a state directory when none is configured. */
  defaultControl(state: string): string;
  /** What the state directory holds for the sites, while no gate runs. */
  storedCertificates(settings: Settings): Promise<readonly CertificateFacts[]>;
  /** Stores a certificate that was got elsewhere, while no gate runs. */
  importCertificate(settings: Settings, name: string, pair: CertificatePair): Promise<CertificateFacts>;
  /** Whether ports, names, keys and the clock are as the settings want them; `running` is the gate that serves now. */
  examineMachine(
    settings: Settings,
    options: { readonly offline: boolean; readonly running: RunningGate | null },
  ): Promise<readonly Finding[]>;
  /** Whether the apps that the gate runs could be started. */
  examineApps(settings: Settings): Promise<readonly Finding[]>;
  /** What the CAs would say to an order for the site `name`, while no gate runs. */
  examineCertificate(settings: Settings, name: string): Promise<readonly Finding[]>;
  /** Asks every target once whether it answers. */
  askTargets(settings: Settings): Promise<readonly TargetVerdict[]>;
  /** A certificate of the in-house CA for another machine; `days` at most 825, 90 when absent. */
  issueCertificate(place: AuthorityPlace, names: readonly string[], days?: number): Promise<CertificatePair>;
  /** The same for a client to show to sites that ask for certificates of the in-house CA. */
  issueClientCertificate(place: AuthorityPlace, name: string, days?: number): Promise<CertificatePair>;
  /** The in-house CA's root in a form that devices install. */
  exportRoot(place: AuthorityPlace, form: RootForm): Promise<string | Buffer>;
  startGateway(settings: Settings, options?: StartOptions): Promise<Gateway>;
}
