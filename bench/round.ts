import { setTimeout as delay } from 'node:timers/promises';
import { runH2load } from './load/h2load.ts';
import type { LoadFigures, LoadTarget } from './load/load.ts';
import { runWrk } from './load/wrk.ts';
import { idleBytes } from './measure/idle.ts';
import { kernelShare, peakBytes, resetPeak, timeBetween, treeTime } from './measure/process-tree.ts';
import { guardedName } from './peers/peer.ts';
import type { ReadyPeer, Stage } from './start.ts';
import type { IdleWorkload, LoadWorkload } from './workloads.ts';

/** What one round of one workload gave for one peer. */
export interface LoadRound {
  /** Processor microseconds of the whole process tree per request. */
  readonly cpuPerRequest: number;
  /** The kernel's part of it, 0 to 1. */
  readonly kernelShare: number;
  readonly requestsPerSecond: number;
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
  /** Peak resident memory of the process tree during the round, bytes. */
  readonly peakBytes: number;
}

export interface IdleRound {
  readonly bytesPerConnection: number;
}

/** Every load generator: sends one workload to one target, and rejects when anything at all went wrong. */
const generators: Record<
  LoadWorkload['generator'],
  (workload: LoadWorkload, target: LoadTarget) => Promise<LoadFigures>
> = { wrk: runWrk, h2load: runH2load };

/** The generator's closing of its connections is work too; this long it may take. */
const settleMilliseconds = 200;

export async function loadRound(
  workload: LoadWorkload,
  { program, port }: ReadyPeer,
  stage: Stage,
  options: { seconds: number; opensslConfig: string },
): Promise<LoadRound> {
  resetPeak(program.pid);
  const before = treeTime(program.pid);
  const seen = await generators[workload.generator](workload, {
    name: workload.guarded ? guardedName(stage.name) : stage.name,
    port,
    ...options,
  });
  await delay(settleMilliseconds);
  const after = treeTime(program.pid);
  return {
    cpuPerRequest: timeBetween(before, after) / 1000 / seen.requests,
    kernelShare: kernelShare(before, after),
    requestsPerSecond: (seen.requests / seen.microseconds) * 1e6,
    p50: seen.p50 / 1000,
    p99: seen.p99 / 1000,
    peakBytes: peakBytes(program.pid),
  };
}

export async function idleRound(workload: IdleWorkload, ready: ReadyPeer, stage: Stage): Promise<IdleRound> {
  const { port, program } = ready;
  const { protocol } = workload;
  const target = { protocol, pid: program.pid, port, name: stage.name, root: stage.certificate.root };
  return { bytesPerConnection: await idleBytes(target, workload.connections) };
}
