import type { ChallengeProofs } from '../model/challenge.ts';
import type { BoundAddress, LogSettings, Settings, Snapshot } from '../model/settings.ts';
import type { TrafficCounters, WorkerFacts } from '../model/status.ts';
import type { TargetNews } from '../model/target-news.ts';
import type { ReadySocket } from './systemd/activated-sockets.ts';
import type { Bequest } from './upgrade/messages.ts';

/** Whom a worker becomes. */
export interface WorkerAccount {
  readonly uid: number;
  readonly gid: number;
  /** Supplementary groups. */
  readonly groups: readonly number[];
}

/** All that the data plane serves from. */
export interface Plan {
  readonly snapshot: Snapshot;
  readonly listen: Settings['listen'];
  readonly logs: LogSettings;
  /** Wanted; a plane in this process is one whatever this says. */
  readonly workers: number;
}

export interface PlaneReport {
  readonly workers: readonly WorkerFacts[];
  /** Of all workers together, also of those that are gone. */
  readonly counters: TrafficCounters;
}

/** The data plane as the control plane sees it: in this process or in others, one worker or many. */
export interface DataPlane {
  /**
   * Gets ready for the first {@link serve}, which then takes less time. With `account`, workers that are started while this process is root
   * become that user before they do anything.
   */
  prepare(account: WorkerAccount | null): void;
  /** Listens on this socket, which is bound already, once {@link serve} wants its address. */
  adopt(socket: ReadySocket): void;
  /** What is listened on. */
  readonly addresses: readonly BoundAddress[];
  /**
   * Serves `plan` from now on: listens exactly where it says. Exchanges and tunnels under way go on as they are. Rejects with a UserError
   * or a `ListenError` and changes nothing when a certificate cannot be used, an address not be opened or a log not be written.
   */
  serve(plan: Plan): Promise<void>;
  /**
   * Serves other content (certificates, targets) under the same configuration: listeners and logs stay. Resolves when every worker does.
   * Throws a UserError and changes nothing when a certificate cannot be used.
   */
  publish(snapshot: Snapshot): Promise<void>;
  /** Answers CAs with `proofs` and nothing else from now on; resolves when every worker does. */
  showProofs(proofs: ChallengeProofs): Promise<void>;
  /** Tells every worker, and those to come, what is known about targets; resolves when all know. */
  tellTargets(news: TargetNews): Promise<void>;
  /** Opens the log files of the workers again by path. Rejects with a UserError when one cannot be. */
  reopenLogs(): Promise<void>;
  /** Asks each worker how it is. */
  report(): Promise<PlaneReport>;
  /** The listening sockets and the secrets of session tickets, for the data plane of a successor. */
  bequest(): Bequest;
  /**
   * Stops accepting, waits for running exchanges for at most `milliseconds`, then closes everything. Patiently: a client that keeps a connection
   * open is answered once more on it, because a successor serves already and there is no haste.
   */
  drain(milliseconds: number, isPatient: boolean): Promise<void>;
  /** Resets every connection and closes everything at once. */
  kill(): void;
}
