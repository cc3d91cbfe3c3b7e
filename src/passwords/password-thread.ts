import { extname, join } from 'node:path';
import { getAsset, isSea } from 'node:sea';
import { Worker } from 'node:worker_threads';

/**
 * Checks passwords in a thread of its own, which starts with the first one and has a lower priority than those who serve. At most one
 * check runs at a time. Never keeps the process alive.
 */
export class PasswordThread {
  #worker: Worker | null = null;
  #nextId = 0;
  readonly #waiting = new Map<number, (matches: boolean) => void>();

  /** Calls back once, later: true when `hash` was made of `password`. False also when the thread has broken. */
  check(password: string, hash: string, done: (matches: boolean) => void): void {
    const worker = this.#thread();
    const id = this.#nextId++;
    this.#waiting.set(id, done);
    worker.postMessage({ id, password, hash });
  }

  stop(): void {
    void this.#worker?.terminate();
    this.#fail();
  }

  #thread(): Worker {
    if (this.#worker !== null) return this.#worker;
    const worker = startThread();
    worker.unref();
    worker.on('message', ({ id, matches }: { id: number; matches: boolean }) => {
      const done = this.#waiting.get(id);
      this.#waiting.delete(id);
      done?.(matches === true);
    });
    worker.on('error', () => this.#fail());
    worker.on('exit', () => this.#fail());
    this.#worker = worker;
    return worker;
  }

  #fail(): void {
    this.#worker = null;
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const done of waiting) done(false);
  }
}

/** Programs of a single file carry the thread's code as text. */
function startThread(): Worker {
  const options = { name: 'passwords', execArgv: [], env: {}, resourceLimits: { stackSizeMb: 4 } };
  if (isSea()) return new Worker(getAsset('passwords/thread.cjs', 'utf8'), { ...options, eval: true });
  return new Worker(join(import.meta.dirname, `thread${extname(import.meta.filename)}`), options);
}
