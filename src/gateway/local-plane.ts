import { noLogins } from '../model/auth.ts';
import { type ChallengeProofs, noProofs } from '../model/challenge.ts';
import type { Clock } from '../model/clock.ts';
import type { BoundAddress, Settings, Snapshot } from '../model/settings.ts';
import type { WorkerFacts } from '../model/status.ts';
import type { TargetNews } from '../model/target-news.ts';
import { createListeners, type Listeners } from '../traffic/listen/listeners.ts';
import { CalmLog } from '../traffic/record/calm-log.ts';
import type { Logs } from '../traffic/record/logs.ts';
import { Worker } from '../traffic/worker.ts';
import type { DataPlane, Plan } from './data-plane.ts';

export interface LocalPlaneOptions {
  readonly settings: Pick<Settings, 'limits'>;
  /** Whoever gives them closes them. */
  readonly logs: Logs;
  readonly clock: Clock;
}

/** The data plane in this process: one worker with its listeners. */
export class LocalPlane implements DataPlane {
  readonly #logs: Logs;
  readonly #listeners: Listeners;
  readonly #worker: Worker;
  readonly #startedAt: number;
  #proofs: ChallengeProofs = noProofs;
  #plan: Plan | null = null;

  constructor({ settings, logs, clock }: LocalPlaneOptions) {
    this.#logs = logs;
    this.#startedAt = clock.now();
    const nothing: Snapshot = { sites: [], trustedProxies: [], http2: true, limits: settings.limits, logins: noLogins };
    const calm = new CalmLog(logs.errors, clock);
    this.#worker = new Worker(nothing, null, {
      log: calm,
      access: logs.access,
      challengeResponse: (token) => this.#proofs.http01.get(token),
      clock,
    });
    this.#listeners = createListeners({
      onConnection: (connection) => this.#worker.accept(connection),
      challengeCertificate: (serverName) => this.#proofs.tlsAlpn01.get(serverName),
      log: calm,
      clock,
    });
  }

  get addresses(): readonly BoundAddress[] {
    return this.#listeners.addresses();
  }

  async serve(plan: Plan): Promise<void> {
    await this.#logs.change(plan.logs);
    try {
      await this.#listeners.serve(plan.snapshot, plan.listen);
    } catch (error) {
      if (this.#plan) await this.#logs.change(this.#plan.logs);
      throw error;
    }
    this.#plan = plan;
    this.#worker.apply(plan.snapshot, this.#httpsPort());
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

  async report(): Promise<readonly WorkerFacts[]> {
    const { counters, http2 } = this.#worker.context;
    const listen = this.#listeners.counters;
    return [
      {
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
      },
    ];
  }

  async drain(milliseconds: number): Promise<void> {
    await this.#listeners.stopAccepting();
    await this.#worker.drain(milliseconds);
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
