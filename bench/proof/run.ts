import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { untilListening } from '../../test/support/listening.ts';
import { onFreePort } from '../../test/support/ports.ts';
import { startProcess } from '../../test/support/process.ts';
import { makeDirectory, removeDirectory, type Scope } from '../../test/support/scope.ts';
import { startWsServer } from '../../test/support/websocket.ts';
import type { Tally } from './answers.ts';
import type { Gate, Stage } from './gate.ts';
import { startLoad } from './load.ts';
import { startCaddyGate, startNginxGate } from './peers.ts';
import { startSallyportGate } from './sallyport.ts';
import { openWebSockets } from './websockets.ts';

/** How much of everything, in all but for the two rates a second. */
export interface ProofPlan {
  readonly seconds: number;
  readonly connections: number;
  readonly requests: number;
  readonly webSockets: number;
  readonly reloads: number;
  readonly upgrades: number;
  readonly deploys: number;
}

export interface ProofResult {
  readonly gate: string;
  readonly fresh: Tally;
  readonly kept: Tally;
  readonly webSockets: number;
  readonly dropped: number;
  /** How many of each were done. */
  readonly done: Readonly<Record<Act, number>>;
  /** What a gate said when it refused. */
  readonly refusals: readonly string[];
}

type Act = 'reload' | 'upgrade' | 'deploy';

const starters = { sallyport: startSallyportGate, nginx: startNginxGate, caddy: startCaddyGate } as const;
export type GateName = keyof typeof starters;
export const gateNames = Object.keys(starters) as GateName[];

/** The gate under load while it is reloaded and, where it is asked for, upgraded and given new apps. */
export async function runProof(gateName: GateName, plan: ProofPlan): Promise<ProofResult> {
  const undos: (() => void | Promise<void>)[] = [];
  const scope: Scope = { after: (undo) => void undos.push(undo) };
  try {
    const stage = await setStage(scope);
    const gate = await starters[gateName](stage);
    return await measure(gateName, gate, stage, plan);
  } finally {
    for (const undo of undos.reverse()) await undo();
  }
}

/** 100 octets, and a moment before a connection is closed: as apps do. */
const appFile = join(import.meta.dirname, 'app.mjs');

async function setStage(scope: Scope): Promise<Stage> {
  const directory = await makeDirectory();
  scope.after(() => removeDirectory(directory));
  await mkdir(join(directory, 'state'));
  const appPort = await onFreePort(async (port) => {
    const app = startProcess(process.execPath, [appFile], { env: { PORT: String(port) } });
    scope.after(async () => void (await app.stop()));
    await untilListening(port, app);
    return port;
  });
  const { port: webSocketPort } = await startWsServer(scope);
  return { scope, directory, name: 'proof.internal', appFile, appPort, webSocketPort };
}

async function measure(gateName: string, gate: Gate, stage: Stage, plan: ProofPlan): Promise<ProofResult> {
  const sockets = await openWebSockets(gate.port, stage.name, plan.webSockets);
  const load = startLoad({ port: gate.port, name: stage.name, connections: plan.connections, requests: plan.requests });
  const done = { reload: 0, upgrade: 0, deploy: 0 };
  const refusals: string[] = [];
  const began = performance.now();
  for (const { at, act } of schedule(plan)) {
    const task = act === 'reload' ? () => gate.reload(done.reload) : gate[act];
    if (task === null) continue;
    await pause(Math.max(0, began + at - performance.now()));
    try {
      await task();
      done[act]++;
    } catch (error) {
      refusals.push(`${act}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  await pause(Math.max(0, began + plan.seconds * 1000 - performance.now()));
  await load.stop();
  const dropped = sockets.dropped();
  sockets.close();
  return { gate: gateName, fresh: load.fresh, kept: load.kept, webSockets: plan.webSockets, dropped, done, refusals };
}

/** Evenly over the time, in milliseconds from its beginning. */
function schedule(plan: ProofPlan): readonly { readonly at: number; readonly act: Act }[] {
  const spread = (act: Act, count: number) =>
    Array.from({ length: count }, (_, index) => ({ act, at: ((index + 0.5) / count) * plan.seconds * 1000 }));
  const all = [
    ...spread('reload', plan.reloads),
    ...spread('upgrade', plan.upgrades),
    ...spread('deploy', plan.deploys),
  ];
  return all.sort((a, b) => a.at - b.at);
}
