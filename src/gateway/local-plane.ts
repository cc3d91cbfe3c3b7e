import { noLogins } from '../model/auth.ts';
import { type ChallengeProofs, noProofs } from '../model/challenge.ts';
import type { Clock } from '../model/clock.ts';
import type { BoundAddress, Settings, Snapshot } from '../model/settings.ts';
import type { WorkerFacts } from '../model/status.ts';
import type { TargetNews } from '../model/target-news.ts';
import type { GuardNews } from '../traffic/guard/guard-home.ts';
import type { Crowd } from '../traffic/listen/crowd.ts';
import { createListeners, type Listeners } from '../traffic/listen/listeners.ts';
import type { SocketHandle } from '../traffic/listen/socket-handle.ts';
import { RotatingTicketKeys, type TicketKeys, type TicketSecrets } from '../traffic/listen/ticket-keys.ts';
import { CalmLog } from '../traffic/record/calm-log.ts';
import type { Logs } from '../traffic/record/logs.ts';
import { Worker } from '../traffic/worker.ts';
import type { DataPlane, Plan, PlaneReport } from './data-plane.ts';
import { sumCounters } from './sum-counters.ts';
import type { ReadySocket } from './systemd/activated-sockets.ts';
import type { Bequest } from './upgrade/messages.ts';

export interface LocalPlaneOptions {
  readonly settings: Pick<Settings, 'limits'>;
  /** Whoever gives them closes them. */
  readonly logs: Logs;
  readonly clock: Clock;
  /** Of a predecessor, to begin with. */
  readonly tickets?: TicketSecrets | null;
  /** Keys of its own, which rotate, unless given. */
  readonly ticketKeys?: TicketKeys;
  /** What other workers should know; see {@link LocalPlane.learn}. */
  readonly onNews?: (news: GuardNews) => void;
  /** Who is connected to other workers; nobody unless given. */
  readonly crowd?: Crowd;
}

/** The data plane in this process: one worker with its listeners. */
export class LocalPlane implements DataPlane {
  readonly #logs: Logs;
  /** null when somebody else makes the keys. */
  readonly #ownKeys: RotatingTicketKeys | null;
  /** Sockets that are not listened on yet. */
  #adopted: readonly ReadySocket[] = [];
  readonly #listeners: Listeners;
  readonly #worker: Worker;
  readonly #startedAt: number;
  #proofs: ChallengeProofs = noProofs;
  #plan: Plan | null = null;

  constructor({ settings, logs, clock, ticketKeys, onNews, crowd, tickets }: LocalPlaneOptions) {
    this.#logs = logs;
    this.#ownKeys = ticketKeys ? null : new RotatingTicketKeys(clock, tickets);
    this.#startedAt = clock.now();
    const nothing: Snapshot = { sites: [], trustedProxies: [], http2: true, limits: settings.limits, logins: noLogins };
    const calm = new CalmLog(logs.errors, clock);
    this.#worker = new Worker(nothing, null, {
      log: calm,
      access: logs.access,
      challengeResponse: (token) => this.#proofs.http01.get(token),
      clock,
      ...(onNews && { onNews }),
    });
    this.#listeners = createListeners({
      onConnection: (connection) => this.#worker.accept(connection),
      challengeCertificate: (serverName) => this.#proofs.tlsAlpn01.get(serverName),
      log: calm,
      clock,
      ticketKeys: ticketKeys ?? this.#ownKeys!,
      ...(crowd && { crowd }),
    });
  }

  prepare(): void {}

  adopt(socket: ReadySocket): void {
    this.#adopted = [...this.#adopted, socket];
  }

  get addresses(): readonly BoundAddress[] {
    return this.#listeners.addresses();
  }

  /** Places of which `handles` has a socket, by the name of their door, are listened on by that. */
  async serve(plan: Plan, handles: ReadonlyMap<string, SocketHandle> = this.#firstAdopted()): Promise<void> {
    await this.#logs.change(plan.logs);
    try {
      await this.#listeners.serve(plan.snapshot, plan.listen, handles);
    } catch (error) {
      if (this.#plan) await this.#logs.change(this.#plan.logs);
      throw error;
    }
    this.#plan = plan;
    this.#worker.apply(plan.snapshot, this.#httpsPort());
    await this.#takeAdopted();
  }

  /** One adopted socket of each door. */
  #firstAdopted(): ReadonlyMap<string, SocketHandle> {
    return new Map(this.#adopted.toReversed().map(({ door, handle }) => [door, handle]));
  }

  /** A predecessor with several workers had several sockets a door: this one accepts from all. Those of other doors are closed. */
  async #takeAdopted(): Promise<void> {
    const adopted = this.#adopted;
    this.#adopted = [];
    if (adopted.length === 0) return;
    const taken = new Set(this.#listeners.handles().map(({ handle }) => handle));
    for (const { door, handle } of adopted) if (!taken.has(handle)) await this.lend(door, handle);
  }

  bequest(): Bequest {
    if (this.#ownKeys === null) throw new Error('a worker leaves nothing: its supervisor does');
    return { sockets: this.#listeners.handles(), tickets: this.#ownKeys.secrets };
  }

  async publish(snapshot: Snapshot): Promise<void> {
    this.#listeners.apply(snapshot);
    this.#worker.apply(snapshot, this.#httpsPort());
  }

  async showProofs(proofs: ChallengeProofs): Promise<void> {
    this.#proofs = proofs;
  }

  async tellTargets(news: TargetNews): Promise<void> {
    this.#worker.learnTargets(news);
  }

  reopenLogs(): Promise<void> {
    return this.#logs.reopen();
  }

  /** Accepts in the place of a worker that is gone, until {@link returnDoors}. */
  lend(name: string, handle: SocketHandle): Promise<void> {
    return this.#listeners.lend(name, handle);
  }

  returnDoors(): void {
    this.#listeners.returnDoors();
  }

  /** Takes in what another worker has learnt. */
  learn(news: GuardNews): void {
    this.#worker.learn(news);
  }

  async report(): Promise<PlaneReport> {
    const workers = [this.facts()];
    return { workers, counters: sumCounters(workers.map(({ counters }) => counters)) };
  }

  facts(): WorkerFacts {
    const { counters, http2 } = this.#worker.context;
    const listen = this.#listeners.counters;
    return {
      pid: process.pid,
      state: 'serving',
      startedAt: new Date(this.#startedAt).toISOString(),
      restarts: 0,
      rssBytes: process.memoryUsage.rss(),
      counters: {
        connections: listen.open,
        tunnels: this.#worker.openTunnels,
        acceptedConnections: listen.accepted,
        requests: counters.requests,
        refusedRequests: counters.refused,
        upstreamFailures: counters.upstreamFailures,
        failedHandshakes: listen.failedHandshakes,
        http2: { ...http2.counters },
      },
      targets: this.#worker.targets(),
    };
  }

  async drain(milliseconds: number, isPatient: boolean): Promise<void> {
    await this.#listeners.stopAccepting();
    await this.#worker.drain(milliseconds, { arrivals: this.#listeners.arrived(isPatient), isPatient });
    await this.#listeners.close();
  }

  kill(): void {
    this.#worker.kill();
    void this.#listeners.close();
  }

  #httpsPort(): number | null {
    return this.addresses.find(({ scheme }) => scheme === 'https')?.port ?? null;
  }
}
