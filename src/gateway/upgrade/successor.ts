import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { isSea } from 'node:sea';
import type { Owner } from '../../control/certificates/vault/owner.ts';
import { UserError } from '../../model/errors.ts';
import { programCommand } from '../../model/program.ts';
import { type Bequest, type FromSuccessor, successorMark, type ToSuccessor } from './messages.ts';

/** Longest wait until the new program serves, milliseconds: it reads what is stored, and apps may be slow to start. */
const readyWithin = 60_000;
/** Longest wait for its last step, once everything is its own. */
const servingWithin = 15_000;

/** The running program, as far as it hands over. */
export interface Testator {
  bequest(): Bequest;
  /** Lets go of renewals and gives the lock on the state to `owner`. */
  handOver(owner: Owner): Promise<void>;
  /** The inverse of {@link handOver}. */
  takeBack(): Promise<void>;
}

export interface SuccessorOptions {
  /** Variables beyond this process's own. */
  readonly environment: Readonly<Record<string, string>>;
  /** systemd looks after this process. */
  readonly isService: boolean;
  /** Settles when there is to be no successor any more. */
  readonly abandoned: Promise<unknown>;
}

/**
 * Starts the program on disk once more, with this one's arguments, and hands everything over to it. Resolves with its pid and version when it
 * serves. Rejects with a UserError `upgrade-failed` when it does not; then it is gone and the running program is as it was.
 */
export async function handOverToSuccessor(
  testator: Testator,
  options: SuccessorOptions,
): Promise<{ readonly pid: number; readonly version: string }> {
  const successor = new Successor(options);
  void options.abandoned.then(() => successor.giveUp('this one was told to stop'));
  try {
    const { version } = await successor.heard('hello', readyWithin);
    successor.endow(testator.bequest());
    const { owner } = await successor.heard('ready', readyWithin);
    try {
      await testator.handOver(owner);
      successor.say({ kind: 'yours' });
      await successor.heard('serving', servingWithin);
    } catch (error) {
      successor.kill();
      await testator.takeBack();
      throw error;
    }
    successor.release();
    return { pid: successor.pid, version };
  } catch (error) {
    successor.kill();
    throw error;
  }
}

/** How the program is started again: by the path it was started by, so that what stands there now is what runs. */
function command(): readonly [string, ...string[]] {
  const [program, ...first] = programCommand();
  const entry = process.argv[1];
  const flags = isSea() || entry === undefined || !existsSync(entry) ? first : [...first.slice(0, -1), entry];
  return [program, ...flags, ...process.argv.slice(2)];
}

/**
 * Starts the program and ends, having told its pid: so the program is a child of systemd, not of this process. Of a main process that is not
 * its child, systemd would not wait for the end of.
 */
const orphan = '"$@" 4>&- & echo $! >&4';

class Successor {
  readonly #child: ChildProcess;
  /** 0 until it is known. */
  #pid: number;
  readonly #heard: FromSuccessor[] = [];
  #failure: UserError | null = null;
  #look: () => void = () => {};

  constructor({ environment, isService }: Pick<SuccessorOptions, 'environment' | 'isService'>) {
    const words = command();
    const [program, ...args] = isService ? (['sh', '-c', orphan, 'sh', ...words] as const) : words;
    const child = spawn(program, args, {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc', isService ? 'pipe' : 'ignore'],
      env: { ...process.env, ...environment, [successorMark]: '1' },
      serialization: 'advanced',
    });
    this.#child = child;
    this.#pid = isService ? 0 : (child.pid ?? 0);
    child.stdio[4]?.once('data', (text: Buffer) => {
      this.#pid = Number(text.toString());
    });
    child.on('message', (message: FromSuccessor) => {
      this.#heard.push(message);
      this.#look();
    });
    child.on('error', (error) => this.giveUp(error.message));
    child.on('exit', (code, signal) => {
      if (!isService || code !== 0) this.giveUp(`it ended (${signal ?? `exit code ${code}`})`);
    });
    if (isService) child.on('disconnect', () => this.giveUp('it ended'));
  }

  get pid(): number {
    return this.#pid;
  }

  /** The message of that kind, once it comes. */
  async heard<K extends FromSuccessor['kind']>(
    kind: K,
    milliseconds: number,
  ): Promise<Extract<FromSuccessor, { kind: K }>> {
    const timer = setTimeout(() => this.giveUp(`it was not ready within ${milliseconds / 1000} s`), milliseconds);
    try {
      for (;;) {
        const found = this.#heard.find(
          (message): message is Extract<FromSuccessor, { kind: K }> => message.kind === kind,
        );
        if (found) return found;
        const failed = this.#heard.find((message) => message.kind === 'failed');
        if (failed) this.giveUp(failed.messages.join('; '));
        if (this.#failure) throw this.#failure;
        await new Promise<void>((resolve) => {
          this.#look = resolve;
        });
      }
    } finally {
      clearTimeout(timer);
    }
  }

  endow({ sockets, tickets }: Bequest): void {
    // A handle of Node's own is taken as it is, though its type has no public name.
    for (const { door, address, handle } of sockets) this.#send({ kind: 'socket', door, address }, handle as never);
    this.#send({ kind: 'begin', tickets });
  }

  say(message: ToSuccessor): void {
    this.#send(message);
  }

  giveUp(reason: string): void {
    this.#failure ??= new UserError(`the new program does not take over; ${reason}`, {
      code: 'upgrade-failed',
      cure: 'This one goes on serving. What the new one printed stands in its output and in the error log.',
    });
    this.#look();
  }

  kill(): void {
    try {
      if (this.#pid > 0) process.kill(this.#pid, 'SIGKILL');
    } catch {
      // It has ended already.
    }
  }

  /** Lets the two go their own ways. */
  release(): void {
    this.#child.removeAllListeners();
    this.#child.on('error', () => {});
    if (this.#child.connected) this.#child.disconnect();
    this.#child.unref();
  }

  #send(message: ToSuccessor, handle?: never): void {
    this.#child.send(message, handle, {}, () => {});
  }
}
