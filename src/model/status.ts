import type { AppFacts } from './app.ts';
import type { BoundAddress } from './settings.ts';

/** What `sallyport status --json` prints: facts about a running gateway. Times are ISO 8601, durations seconds. */
export interface Status {
  readonly version: string;
  readonly pid: number;
  readonly startedAt: string;
  readonly configFile: string | null;
  /** When the configuration now served was taken up. */
  readonly configuredAt: string;
  readonly reloads: number;
  readonly listeners: readonly BoundAddress[];
  readonly sites: readonly SiteStatus[];
  /** Of every route to an app, in the order of the configuration. */
  readonly targets: readonly TargetStatus[];
  /** One for every site with TLS. */
  readonly certificates: readonly CertificateFacts[];
  /** The public CAs asked; empty when no site needs one. */
  readonly issuers: readonly IssuerFacts[];
  /** Records kept on this machine's address; null when none are. */
  readonly dynamicDns: DynamicDnsFacts | null;
  /** All workers together, also those that are gone. */
  /** The apps that the gate runs. */
  readonly apps: readonly AppFacts[];
  readonly counters: TrafficCounters;
  /** This process; the workers' own stands with each. */
  readonly memory: { readonly rssBytes: number };
  /** The processes that carry the traffic; with `workers: 1` it is this one. */
  readonly workers: readonly Omit<WorkerFacts, 'targets'>[];
}

/** One process that carries traffic. */
export interface WorkerFacts {
  readonly pid: number;
  /** draining: replaced, it finishes what it has begun. */
  readonly state: 'serving' | 'draining';
  readonly startedAt: string;
  /** How often a worker in its place has died and been replaced. */
  readonly restarts: number;
  readonly rssBytes: number;
  /** Since it was started. */
  readonly counters: TrafficCounters;
  /** As this worker sees them. */
  readonly targets: readonly TargetStatus[];
}

export interface SiteStatus {
  readonly name: string;
  readonly names: readonly string[];
  readonly tls: 'internal' | 'acme' | 'files' | 'off';
  /** The certificate being served; absent for `tls: off`. */
  readonly certificate?: { readonly notAfter: string; readonly issuer: string };
  readonly routes: readonly { readonly path: string; readonly to: string }[];
}

/** One target of a route. */
export interface TargetStatus {
  /** The site's first name and the route's path. */
  readonly site: string;
  readonly path: string;
  readonly target: string;
  /**
   * down: it fails the questions it is asked. failing: requests to it have failed, and it gets none for a while. returning: it
   * gets more and more of them again. drained: somebody wishes that it gets none. starting: an app that the gate runs is not ready yet.
   */
  readonly state: 'starting' | 'up' | 'returning' | 'failing' | 'down' | 'drained';
  /** Under way now. */
  readonly requests: number;
  /** Open now, idle ones too. */
  readonly connections: number;
  /** Requests that wait for a target of this route now. */
  readonly waiting: number;
  /** Since the start. */
  readonly failures: number;
  /** Why it is down, or the last request to it failed. */
  readonly lastError: { readonly message: string; readonly at: string | null } | null;
}

/** Counted since the start; the first two are of this moment. */
export interface TrafficCounters {
  readonly connections: number;
  readonly tunnels: number;
  readonly acceptedConnections: number;
  readonly requests: number;
  readonly refusedRequests: number;
  readonly upstreamFailures: number;
  readonly failedHandshakes: number;
  readonly http2: Http2ErrorCounters;
}

/** What broken or hostile HTTP/2 clients did: connections closed for each kind of flood, and the rest as named. */
export interface Http2ErrorCounters {
  readonly rapidResets: number;
  readonly provokedResets: number;
  readonly settingsFloods: number;
  readonly pingFloods: number;
  readonly emptyDataFloods: number;
  readonly windowUpdateFloods: number;
  readonly idleFrameFloods: number;
  readonly continuationFloods: number;
  readonly headerBombs: number;
  readonly unreadOutputs: number;
  readonly stalledStreams: number;
  readonly malformedRequests: number;
  readonly tooLargeHeads: number;
  readonly refusedStreams: number;
  readonly connectionErrors: number;
}

/** One certificate, as `cert list` and `status` show it. Times are ISO 8601; null for what there is not. */
export interface CertificateFacts {
  /** The site's first name. */
  readonly name: string;
  readonly names: readonly string[];
  readonly source: 'acme' | 'internal' | 'files';
  /**
   * waiting: none yet, an order is due. ordering, renewing: an order is under way. failing: the last order failed.
   * blocked: it fails for a reason that only a change of configuration can heal.
   */
  readonly state: 'waiting' | 'ordering' | 'valid' | 'renewing' | 'blocked' | 'failing';
  /** Who issued the one in use; ''. */
  readonly issuer: string;
  readonly notBefore: string | null;
  readonly notAfter: string | null;
  /** Whole days, negative after the end. */
  readonly daysLeft: number | null;
  readonly nextAttempt: string | null;
  /** Why the next order is due then. */
  readonly renewal: string | null;
  /** Failed in a row. */
  readonly attempts: number;
  readonly failingSince: string | null;
  readonly lastError: {
    readonly message: string;
    readonly issuer: string;
    readonly at: string;
    readonly cure: string;
  } | null;
  /** Why the one in use is not stored; '' when it is. */
  readonly unsaved: string;
}

/** How a public CA looks from here. */
export interface IssuerFacts {
  readonly name: string;
  /** First failure since it last worked; null while it works. */
  readonly downSince: string | null;
  readonly lastError: string;
  readonly lastSuccess: string | null;
}

/** Address records kept current. */
interface DynamicDnsFacts {
  readonly records: readonly string[];
  readonly updatedAt: string | null;
  /** Why the last update failed; ''. */
  readonly lastError: string;
}
