import { type ChildProcess, spawn } from 'node:child_process';
import type { StopSignal } from '../../model/app.ts';
import { describeError } from '../../model/errors.ts';
import type { Log } from '../../model/log.ts';

/**
 * Reads `add GROUP SIGNAL` and `remove GROUP` until its input ends, which it does when the gate does, however that dies. Then every
 * app still known gets its stop signal, and five seconds later what is left of its process group is killed.
 */
const script = `
trap '' INT TERM HUP QUIT
known=''
while read -r verb group signal; do
  rest=''
  for one in $known; do [ "\${one%%:*}" = "$group" ] || rest="$rest $one"; done
  known=$rest
  [ "$verb" = remove ] || known="$known $group:$signal"
done
[ -n "$known" ] || exit 0
for one in $known; do kill -s "\${one#*:}" "\${one%%:*}" 2>/dev/null; done
for second in 1 2 3 4 5; do
  alive=''
  for one in $known; do kill -s 0 -- "-\${one%%:*}" 2>/dev/null && alive=yes; done
  [ -n "$alive" ] || break
  sleep 1
done
for one in $known; do kill -s KILL -- "-\${one%%:*}" 2>/dev/null; done
rm -rf -- "$1"
`;

/** Ends the apps when the gate is killed: a shell beside it, so that it works for any program whatever it does with signals of its parent. */
export class Watchdog {
  readonly #directory: string;
  readonly #log: Log;
  readonly #known = new Map<number, StopSignal>();
  #shell: ChildProcess | null = null;
  #closed = false;

  /** `directory` is removed too when the gate is killed. */
  constructor(directory: string, log: Log) {
    this.#directory = directory;
    this.#log = log;
  }

  /** From now on the process group that `leader` leads does not survive this process. */
  add(leader: number, signal: StopSignal): void {
    this.#known.set(leader, signal);
    if (this.#shell === null) this.#start();
    else this.#tell(`add ${leader} ${signal.slice('SIG'.length)}`);
  }

  remove(leader: number): void {
    if (this.#known.delete(leader)) this.#tell(`remove ${leader}`);
  }

  close(): void {
    this.#closed = true;
    this.#shell?.stdin?.end();
  }

  #start(): void {
    const shell = spawn('/bin/sh', ['-c', script, 'sallyport-watchdog', this.#directory], {
      // In a session of its own it gets no Ctrl-C and no hang-up of the terminal.
      detached: true,
      cwd: '/',
      env: { PATH: '/usr/bin:/bin' },
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    shell.stdin.on('error', () => {});
    shell.on('error', (error) => {
      this.#log.warn('apps would survive a kill of the gate: no watchdog', { problem: describeError(error) });
    });
    shell.once('exit', () => {
      this.#shell = null;
      if (!this.#closed && this.#known.size > 0) this.#start();
    });
    shell.unref();
    this.#shell = shell;
    for (const [leader, signal] of this.#known) this.#tell(`add ${leader} ${signal.slice('SIG'.length)}`);
  }

  #tell(line: string): void {
    this.#shell?.stdin?.write(`${line}\n`);
  }
}
