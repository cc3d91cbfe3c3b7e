/** What the signals of a running gateway ask for. */
export interface SignalHandlers {
  /** SIGTERM or SIGINT, each time: the second means at once. */
  stop(signal: string): void;
  /** SIGHUP. */
  reload(): void;
  /** SIGUSR1. */
  reopenLogs(): void;
  /** An exception nobody caught, or a rejection nobody handled. */
  fatal(error: unknown): void;
}

/** npm passes Ctrl-C on although the terminal has sent it to the whole group: one key press, two signals, milliseconds apart. */
const npmEcho = 300;

/** Listens for the process's signals until the function it returns is called. */
export function listenForSignals(handlers: SignalHandlers): () => void {
  let lastInterrupt = Number.NEGATIVE_INFINITY;
  const interrupt = (): void => {
    const now = performance.now();
    const echo = process.env.npm_lifecycle_event !== undefined && now - lastInterrupt < npmEcho;
    lastInterrupt = now;
    if (!echo) handlers.stop('SIGINT');
  };
  const listeners: readonly [string, (value: unknown) => void][] = [
    ['SIGINT', interrupt],
    ['SIGTERM', () => handlers.stop('SIGTERM')],
    ['SIGHUP', () => handlers.reload()],
    ['SIGUSR1', () => handlers.reopenLogs()],
    ['uncaughtException', (error) => handlers.fatal(error)],
    ['unhandledRejection', (reason) => handlers.fatal(reason)],
  ];
  for (const [name, listener] of listeners) process.on(name, listener);
  return () => {
    for (const [name, listener] of listeners) process.off(name, listener);
  };
}
