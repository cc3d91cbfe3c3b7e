import { type ChildProcess, spawn } from 'node:child_process';
import { programCommand } from '../../model/program.ts';
import type { WorkerFacts } from '../../model/status.ts';
import type { GuardNews } from '../../traffic/guard/guard-home.ts';
import type { ClientCounts } from '../../traffic/listen/crowd.ts';
import type { SocketHandle } from '../../traffic/listen/socket-handle.ts';
import type { WorkerAccount } from '../data-plane.ts';
import { fromRequestFailure } from './failure.ts';
import type { Done, FromWorker, Notice, Request, ToWorker } from './messages.ts';
import { workerMark } from './worker-mark.ts';

/** Longest wait for an answer of a worker, milliseconds; one that takes longer hangs, and is killed. */
const patience = 30_000;

/** The worker has ended before it answered. */
export class WorkerGone extends Error {}

export interface WorkerEvents {
  /** It has ended. `reason` says how: `exit code 1`, `SIGKILL`. */
  gone(child: WorkerChild, reason: string): void;
  /** It wants a successor. */
  leaves(child: WorkerChild): void;
  news(child: WorkerChild, news: GuardNews): void;
  clients(child: WorkerChild, counts: ClientCounts): void;
}

interface Waiting {
  resolve(facts: WorkerFacts | null): void;
  reject(error: Error): void;
  readonly timer: NodeJS.Timeout;
}

/** One worker process, as the supervisor sees it. */
export class WorkerChild {
  readonly startedAt = Date.now();
  /** Resolves when it can be asked; rejects with {@link WorkerGone} when it ends before. */
  readonly up: Promise<void>;
  /** Resolves when it has ended. */
  readonly ended: Promise<void>;
  /** What it last said of itself; null before that. */
  facts: WorkerFacts | null = null;
  /** It was asked to finish, and is not replaced when it ends. */
  draining = false;
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, Waiting>();
  #last = 0;
  #gone = false;

  /** `account`: whom it becomes at once, as root started it; null: whoever this process is. */
  constructor(events: WorkerEvents, account: WorkerAccount | null) {
    const [command, ...first] = programCommand();
    const child = spawn(command, first, {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      env: { ...process.env, [workerMark]: account ? [account.uid, account.gid, ...account.groups].join(':') : 'same' },
      serialization: 'advanced',
    });
    this.#child = child;
    const up = Promise.withResolvers<void>();
    const ended = Promise.withResolvers<void>();
    this.up = up.promise;
    this.ended = ended.promise;
    up.promise.catch(() => {});
    const end = (reason: string): void => {
      if (this.#gone) return;
      this.#gone = true;
      const gone = new WorkerGone(`the worker ${this.pid} has ended: ${reason}`);
      up.reject(gone);
      for (const waiting of this.#waiting.values()) this.#settle(waiting, () => waiting.reject(gone));
      this.#waiting.clear();
      events.gone(this, reason);
      ended.resolve();
    };
    child.on('error', (error) => end(error.message));
    child.on('exit', (code, signal) => end(signal ?? `exit code ${code}`));
    child.on('message', (message: FromWorker) => {
      switch (message.kind) {
        case 'up':
          return up.resolve();
        case 'done':
          return this.#done(message);
        case 'facts':
          this.facts = message.facts;
          return;
        case 'news':
          return events.news(this, message.news);
        case 'clients':
          return events.clients(this, message.counts);
        case 'leave':
          return events.leaves(this);
      }
    });
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  get gone(): boolean {
    return this.#gone;
  }

  /** Rejects with the error of a request that was refused, or with {@link WorkerGone}. */
  ask(request: Request): Promise<WorkerFacts | null> {
    if (this.#gone) return Promise.reject(new WorkerGone(`the worker ${this.pid} has ended`));
    const number = ++this.#last;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.kill(), patience);
      this.#waiting.set(number, { resolve, reject, timer });
      this.#send({ ...request, number });
    });
  }

  tell(notice: Notice, handle?: SocketHandle): void {
    if (!this.#gone) this.#send(notice, handle);
  }

  kill(): void {
    this.#child.kill('SIGKILL');
  }

  /** Lets this process end although the worker lives. */
  unref(): void {
    this.#child.unref();
    this.#child.channel?.unref();
  }

  #done({ number, failure, facts }: Done): void {
    const waiting = this.#waiting.get(number);
    this.#waiting.delete(number);
    if (waiting === undefined) return;
    if (facts) this.facts = facts;
    this.#settle(waiting, () => {
      if (failure) waiting.reject(fromRequestFailure(failure));
      else waiting.resolve(facts);
    });
  }

  #settle(waiting: Waiting, act: () => void): void {
    clearTimeout(waiting.timer);
    act();
  }

  #send(message: ToWorker, handle?: SocketHandle): void {
    // A handle of Node's own is taken as it is, though its type has no public name. A worker that has just ended fails here: `exit` follows.
    this.#child.send(message, handle as never, {}, () => {});
  }
}
