/** What the signals of a running gateway ask for. */
export interface SignalHandlers {
  /** SIGTERM or SIGINT, each time: the second means at once. */
  stop(signal: string): void;
  /** SIGHUP. */
  reload(): void;
  /** SIGUSR1. */
  reopenLogs(): void;
  /** SIGUSR2. */
  upgrade(): void;
  /** An exception nobody caught, or a rejection nobody handled. */
  fatal(error: unknown): void;
}

/** Milliseconds in which two SIGINT are one key press, under npm. */
const npmEcho = 300;

/**
 * Tells whether a SIGINT at `now` (milliseconds of a steady clock) is but npm's echo of the one before: npm passes
 * Ctrl-C on although the terminal has sent it to the whole group.
 */
export function interruptEchoes(underNpm: boolean): (now: number) => boolean {
  let last = Number.NEGATIVE_INFINITY;
  return (now) => {
    const echo = underNpm && now - last < npmEcho;
    last = now;
    return echo;
  };
}

/** Listens for the process's signals until the function it returns is called. */
export function listenForSignals(handlers: SignalHandlers): () => void {
  const isEcho = interruptEchoes(process.env.npm_lifecycle_event !== undefined);
  const interrupt = (): void => {
    if (!isEcho(performance.now())) handlers.stop('SIGINT');
  };
  const listeners: readonly [string, (value: unknown) => void][] = [
    ['SIGINT', interrupt],
    ['SIGTERM', () => handlers.stop('SIGTERM')],
    ['SIGHUP', () => handlers.reload()],
    ['SIGUSR1', () => handlers.reopenLogs()],
    ['SIGUSR2', () => handlers.upgrade()],
    ['uncaughtException', (error) => handlers.fatal(error)],
    ['unhandledRejection', (reason) => handlers.fatal(reason)],
  ];
  for (const [name, listener] of listeners) process.on(name, listener);
  return () => {
    for (const [name, listener] of listeners) process.off(name, listener);
  };
}
