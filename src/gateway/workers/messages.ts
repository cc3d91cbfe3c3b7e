/**
 * What the supervisor and its workers say to each other, as structured clones over the channel that Node opens between parent and child.
 * Both ends are the same version of the program: a successor starts workers of its own.
 */
import type { Failure } from '../../control/admin/messages.ts';
import type { ChallengeProofs } from '../../model/challenge.ts';
import type { ListenAddress, Snapshot } from '../../model/settings.ts';
import type { WorkerFacts } from '../../model/status.ts';
import type { TargetNews } from '../../model/target-news.ts';
import type { GuardNews } from '../../traffic/guard/guard-home.ts';
import type { ClientCounts } from '../../traffic/listen/crowd.ts';
import type { TicketSecrets } from '../../traffic/listen/ticket-keys.ts';
import type { Plan } from '../data-plane.ts';

/** Answered by {@link Done} with the same number. */
export type Request =
  | {
      readonly kind: 'begin';
      readonly plan: Plan;
      readonly tickets: TicketSecrets;
      readonly proofs: ChallengeProofs;
      /** null while nothing is known. */
      readonly targets: TargetNews | null;
      /** Who is connected to the others, by their pids. */
      readonly clients: readonly (readonly [number, ClientCounts])[];
    }
  | { readonly kind: 'serve'; readonly plan: Plan }
  | { readonly kind: 'publish'; readonly snapshot: Snapshot }
  | { readonly kind: 'proofs'; readonly proofs: ChallengeProofs }
  | { readonly kind: 'targets'; readonly news: TargetNews }
  | { readonly kind: 'reopenLogs' }
  | { readonly kind: 'report' };

/** Not answered. */
export type Notice =
  /** Comes with a socket for the door of that name, to be listened on by the next `begin` or `serve`, or at once when it is lent. */
  | { readonly kind: 'socket'; readonly door: string; readonly lent: boolean }
  | { readonly kind: 'returnSockets' }
  | { readonly kind: 'tickets'; readonly secrets: TicketSecrets }
  | { readonly kind: 'news'; readonly news: GuardNews }
  /** How many connections clients have at the worker `from` now; null when that one is gone. */
  | { readonly kind: 'clients'; readonly from: number; readonly counts: ClientCounts | null }
  /** Finish what has begun, for at most so many milliseconds, and end. */
  | { readonly kind: 'drain'; readonly milliseconds: number; readonly isPatient: boolean };

export type ToWorker = Notice | (Request & { readonly number: number });

export interface Done {
  readonly kind: 'done';
  readonly number: number;
  readonly failure: RequestFailure | null;
  readonly facts: WorkerFacts | null;
}

/** Why a request was refused; then nothing has changed. */
export type RequestFailure =
  | { readonly kind: 'user'; readonly failure: Failure }
  | { readonly kind: 'listen'; readonly address: ListenAddress; readonly code: string; readonly message: string };

export type FromWorker =
  | Done
  /** It can be asked from now on. */
  | { readonly kind: 'up' }
  | { readonly kind: 'facts'; readonly facts: WorkerFacts }
  | { readonly kind: 'news'; readonly news: GuardNews }
  | { readonly kind: 'clients'; readonly counts: ClientCounts }
  /** It was told by a signal to end, or is in an unknown state, and wants a successor first. */
  | { readonly kind: 'leave' };
