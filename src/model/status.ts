/** What `sallyport status --json` prints: facts about a running gateway. Times are ISO 8601, durations seconds. */
export interface Status {
  readonly version: string;
  readonly pid: number;
  readonly startedAt: string;
  readonly configFile: string | null;
  /** When the configuration now served was taken up. */
  readonly configuredAt: string;
  readonly reloads: number;
  readonly listeners: readonly { readonly scheme: 'http' | 'https'; readonly host: string; readonly port: number }[];
  readonly sites: readonly SiteStatus[];
  readonly counters: TrafficCounters;
  readonly memory: { readonly rssBytes: number };
}

export interface SiteStatus {
  readonly name: string;
  readonly names: readonly string[];
  readonly tls: 'internal' | 'acme' | 'files' | 'off';
  /** The certificate being served; absent for `tls: off`. */
  readonly certificate?: { readonly notAfter: string; readonly issuer: string };
  readonly routes: readonly { readonly path: string; readonly to: string }[];
}

/** Counted since the start; the first two are of this moment. */
interface TrafficCounters {
  readonly connections: number;
  readonly tunnels: number;
  readonly acceptedConnections: number;
  readonly requests: number;
  readonly refusedRequests: number;
  readonly upstreamFailures: number;
  readonly failedHandshakes: number;
}
