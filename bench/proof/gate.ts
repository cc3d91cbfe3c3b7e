import type { Scope } from '../../test/support/scope.ts';

/** What each gate of the proof is put before. */
export interface Stage {
  readonly scope: Scope;
  readonly directory: string;
  readonly name: string;
  /** A program that answers every request, to be started with `PORT` or by the gate. */
  readonly appFile: string;
  /** Where the same program runs already, plain HTTP. */
  readonly appPort: number;
  /** Where WebSockets are echoed, below `/ws`. */
  readonly webSocketPort: number;
}

/** A server that is reloaded, and more, under load. Each act rejects when the server refuses. */
export interface Gate {
  readonly port: number;
  /** Takes another configuration up; `turn` counts from 0. */
  reload(turn: number): Promise<void>;
  /** Replaces the whole program; null where that is not asked for. */
  readonly upgrade: (() => Promise<void>) | null;
  /** Starts the app anew; null where the gate does not run it. */
  readonly deploy: (() => Promise<void>) | null;
}
