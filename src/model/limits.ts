/** Every limit of the data plane. Times are milliseconds, sizes bytes; 0 means no limit. */
export interface Limits {
  /** TCP accept to finished TLS handshake. */
  readonly handshakeTimeout: number;
  /** First byte of a request head to its last. */
  readonly headTimeout: number;
  /** Longest pause within a body, either direction. */
  readonly bodyIdle: number;
  /** Idle client connection between requests. */
  readonly keepAlive: number;
  /** Connecting to the app. */
  readonly connectTimeout: number;
  /** Request sent to the first byte of the app's answer. */
  readonly responseTimeout: number;
  /** Longest wait for running exchanges on a graceful stop. */
  readonly drainTimeout: number;
  /** Longest pause in both directions of an upgraded connection (a WebSocket). */
  readonly tunnelIdle: number;
  /** Size of a message head: start line, fields and blank line. */
  readonly headBytes: number;
  /** Number of fields in a message head. */
  readonly headFields: number;
  /** Client connections in all. */
  readonly connections: number;
  /** Client connections from one address. */
  readonly connectionsPerAddress: number;
}

export const defaultLimits: Limits = Object.freeze({
  handshakeTimeout: 10_000,
  headTimeout: 30_000,
  bodyIdle: 60_000,
  keepAlive: 75_000,
  connectTimeout: 5_000,
  responseTimeout: 60_000,
  drainTimeout: 30_000,
  tunnelIdle: 3_600_000,
  headBytes: 32 * 1024,
  headFields: 128,
  connections: 0,
  connectionsPerAddress: 0,
});
