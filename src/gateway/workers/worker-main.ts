import { systemClock } from '../../model/clock.ts';
import { describeError } from '../../model/errors.ts';
import { Crowd } from '../../traffic/listen/crowd.ts';
import { isSocketHandle, type SocketHandle } from '../../traffic/listen/socket-handle.ts';
import { GivenTicketKeys } from '../../traffic/listen/ticket-keys.ts';
import { type Logs, openLogs } from '../../traffic/record/logs.ts';
import type { Plan } from '../data-plane.ts';
import { LocalPlane } from '../local-plane.ts';
import { toRequestFailure } from './failure.ts';
import type { FromWorker, Notice, Request, ToWorker } from './messages.ts';
import { workerMark } from './worker-mark.ts';

/** Milliseconds between two reports of a worker about itself, so that little is lost of its counters when it is killed. */
const reportInterval = 1_000;
/** Time for requests under way when the state of the process has become unknown, milliseconds. */
const failedDrain = 5_000;

/** Serves as the worker of the process that started this one, and never longer than that one lives. */
export function runWorker(): void {
  const [uid, gid, ...groups] = (process.env[workerMark] ?? '').split(':').map(Number);
  if (uid !== undefined && gid !== undefined) {
    process.setgroups?.(groups);
    process.setgid?.(gid);
    process.setuid?.(uid);
  }
  delete process.env[workerMark];
  const worker = new WorkerProcess();
  process.on('message', (message: ToWorker, handle: unknown) => worker.take(message, handle));
  process.on('disconnect', () => process.exit(1));
  // A terminal and systemd send these to the whole group: what they mean is the supervisor's to say.
  for (const signal of ['SIGINT', 'SIGHUP', 'SIGUSR1', 'SIGUSR2']) process.on(signal, () => {});
  process.on('SIGTERM', () => say({ kind: 'leave' }));
  process.on('uncaughtException', (error) => worker.fail(error));
  process.on('unhandledRejection', (error) => worker.fail(error));
  say({ kind: 'up' });
}

function say(message: FromWorker): void {
  // The supervisor may go away at any moment; `disconnect` follows.
  process.send?.(message, undefined, {}, () => {});
}

/** The plane and the logs, once begun. */
interface Serving {
  readonly plane: LocalPlane;
  readonly logs: Logs;
  readonly keys: GivenTicketKeys;
  readonly crowd: Crowd;
}

class WorkerProcess {
  #serving: Serving | null = null;
  /** Sockets that came and are not listened on yet, by the name of their door. */
  #sockets = new Map<string, SocketHandle>();
  #leaving = false;

  take(message: ToWorker, handle: unknown): void {
    if (!('number' in message)) return this.#heed(message, handle);
    const { number } = message;
    this.#answer(message).then(
      (facts) => say({ kind: 'done', number, failure: null, facts }),
      (error: unknown) => say({ kind: 'done', number, failure: toRequestFailure(error), facts: null }),
    );
  }

  /** After this the state of the process is unknown: it serves nobody new, lets what runs finish, and ends. */
  fail(error: unknown): void {
    const stack = error instanceof Error ? error.stack : undefined;
    const log = this.#serving?.logs.errors;
    if (log) log.error(`internal error, this worker ends: ${describeError(error)}`, { stack });
    else console.error(`sallyport: internal error in a worker; ${stack ?? describeError(error)}`);
    say({ kind: 'leave' });
    void this.#leave({ milliseconds: failedDrain, isPatient: false }, 1);
  }

  #heed(notice: Notice, handle: unknown): void {
    const serving = this.#serving;
    switch (notice.kind) {
      case 'socket':
        if (!isSocketHandle(handle)) return;
        if (notice.lent) void serving?.plane.lend(notice.door, handle);
        else this.#sockets.set(notice.door, handle);
        return;
      case 'returnSockets':
        return serving?.plane.returnDoors();
      case 'tickets':
        return serving?.keys.take(notice.secrets);
      case 'news':
        return serving?.plane.learn(notice.news);
      case 'clients':
        if (notice.counts) serving?.crowd.learn(notice.from, notice.counts);
        else serving?.crowd.forget(notice.from);
        return;
      case 'drain':
        void this.#leave(notice, 0);
    }
  }

  async #answer(request: Request): Promise<ReturnType<LocalPlane['facts']> | null> {
    if (request.kind === 'begin') {
      await this.#begin(request);
      return null;
    }
    const { plane } = this.#require();
    switch (request.kind) {
      case 'serve':
        await this.#serve(plane, request.plan);
        return null;
      case 'publish':
        await plane.publish(request.snapshot);
        return null;
      case 'proofs':
        await plane.showProofs(request.proofs);
        return null;
      case 'targets':
        await plane.tellTargets(request.news);
        return null;
      case 'reopenLogs':
        await plane.reopenLogs();
        return null;
      case 'report':
        return plane.facts();
    }
  }

  async #begin({ plan, tickets, proofs, targets, clients }: Request & { kind: 'begin' }): Promise<void> {
    const logs = openLogs(plan.logs);
    const keys = new GivenTicketKeys(tickets);
    const onNews = (news: Parameters<LocalPlane['learn']>[0]): void => say({ kind: 'news', news });
    const crowd = new Crowd((counts) => say({ kind: 'clients', counts }));
    for (const [from, counts] of clients) crowd.learn(from, counts);
    const plane = new LocalPlane({
      settings: plan.snapshot,
      logs,
      clock: systemClock,
      ticketKeys: keys,
      onNews,
      crowd,
    });
    this.#serving = { plane, logs, keys, crowd };
    await plane.showProofs(proofs);
    if (targets) await plane.tellTargets(targets);
    await this.#serve(plane, plan);
    setInterval(() => say({ kind: 'facts', facts: plane.facts() }), reportInterval).unref();
  }

  async #serve(plane: LocalPlane, plan: Plan): Promise<void> {
    const sockets = this.#sockets;
    this.#sockets = new Map();
    try {
      this.#require().crowd.workers = plan.workers;
      await plane.serve(plan, sockets);
    } catch (error) {
      for (const socket of sockets.values()) if (socket.fd >= 0) socket.close();
      throw error;
    }
  }

  async #leave(
    { milliseconds, isPatient }: Pick<Notice & { kind: 'drain' }, 'milliseconds' | 'isPatient'>,
    exitCode: number,
  ): Promise<void> {
    if (this.#leaving) return;
    this.#leaving = true;
    await this.#serving?.plane.drain(milliseconds, isPatient);
    await this.#serving?.logs.close();
    process.exit(exitCode);
  }

  #require(): Serving {
    if (this.#serving) return this.#serving;
    throw new Error('this worker has not begun yet');
  }
}
