import type { TestCertificate } from '../../test/support/certificates.ts';
import type { RunningProcess } from '../../test/support/process.ts';

/** The name of the site behind a password, beside one of this name. */
export function guardedName(name: string): string {
  return `guarded.${name}`;
}

/** What a peer needs to be started as the TLS proxy in front of the backend. */
export interface PeerSetting {
  /** Empty directory for its configuration and temporary files; its own. */
  readonly directory: string;
  /** Free TCP port of 127.0.0.1 to serve TLS on. */
  readonly port: number;
  /** Port of 127.0.0.1 where the backend speaks plain HTTP/1.1. */
  readonly backendPort: number;
  readonly certificate: TestCertificate;
  /** The one name it serves. */
  readonly name: string;
  /** Starts a program on the proxy's core. */
  launch(command: string, args: readonly string[], env?: Readonly<Record<string, string>>): RunningProcess;
}

interface StartedPeer {
  readonly program: RunningProcess;
  /** The TLS port: the one of the setting, unless the program chose its own. */
  readonly port: number;
}

/**
 * A server under measurement. All are configured alike: one worker, TLS 1.3 and HTTP/2 offered, keep-alive on both sides without
 * a limit of requests, HTTP/1.1 to the backend, `X-Forwarded-For` set, the client's Host passed on, no access log.
 */
export interface Peer {
  readonly name: string;
  /** Its version, for the report; null when it is not installed. */
  version(): Promise<string | null>;
  /** It also serves {@link guardedName}, where a password is wanted. */
  readonly guards?: true;
  /** Resolves when it accepts connections. */
  start(setting: PeerSetting): Promise<StartedPeer>;
}
