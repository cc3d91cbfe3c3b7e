import type { IdleRound, LoadRound } from './round.ts';
import type { IdleWorkload, LoadWorkload } from './workloads.ts';

/** Medians of one peer's rounds; every figure's own median. */
export interface PeerFigures<Round> {
  readonly peer: string;
  readonly rounds: readonly Round[];
  readonly median: Round;
}

export type WorkloadResult =
  | { readonly kind: 'load'; readonly workload: LoadWorkload; readonly figures: readonly PeerFigures<LoadRound>[] }
  | { readonly kind: 'idle'; readonly workload: IdleWorkload; readonly figures: readonly PeerFigures<IdleRound>[] };

/** A whole run; what `--json` writes. */
export interface RunResult {
  readonly startedAt: string;
  readonly machine: string;
  readonly rounds: number;
  readonly seconds: number;
  /** Version by peer, in the report's order. */
  readonly versions: Readonly<Record<string, string>>;
  /** Peers that are not installed. */
  readonly skipped: readonly string[];
  readonly results: readonly WorkloadResult[];
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  const upper = sorted[Math.floor(middle)] ?? Number.NaN;
  return Number.isInteger(middle) ? (upper + (sorted[middle - 1] ?? Number.NaN)) / 2 : upper;
}

export function loadFigures(peer: string, rounds: readonly LoadRound[]): PeerFigures<LoadRound> {
  const of = (pick: (round: LoadRound) => number): number => median(rounds.map(pick));
  return {
    peer,
    rounds,
    median: {
      cpuPerRequest: of((round) => round.cpuPerRequest),
      kernelShare: of((round) => round.kernelShare),
      requestsPerSecond: of((round) => round.requestsPerSecond),
      p50: of((round) => round.p50),
      p99: of((round) => round.p99),
      peakBytes: of((round) => round.peakBytes),
    },
  };
}

export function idleFigures(peer: string, rounds: readonly IdleRound[]): PeerFigures<IdleRound> {
  return { peer, rounds, median: { bytesPerConnection: median(rounds.map((round) => round.bytesPerConnection)) } };
}
