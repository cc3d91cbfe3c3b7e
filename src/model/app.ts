/** An app that the gate runs itself; paths absolute, durations in milliseconds. */
export interface AppSettings {
  /** The site's name, followed by the path of the route unless that is `/`. */
  readonly name: string;
  readonly program: AppProgram;
  /** Who it runs as; null: as the gate does. */
  readonly user: string | null;
  /** null: the user's own. */
  readonly group: string | null;
  /** Supplementary groups; null: those the user is in. */
  readonly groups: readonly string[] | null;
  /** Working directory. */
  readonly home: string;
  /** Values may be secrets. */
  readonly environment: Readonly<Record<string, string>>;
  /** Files and directories whose change starts it anew. */
  readonly reload: readonly string[];
  /** A path that answers 2xx or 3xx once it is ready; null: any answer of `/` will do. */
  readonly readyPath: string | null;
  /** Host field of the question whether it is ready. */
  readonly host: string;
  /** From its start until it must be ready. */
  readonly startTimeout: number;
  /** null: the one that lets the program end its requests first, SIGTERM for most. */
  readonly stopSignal: StopSignal | null;
  /** From the stop signal until it is killed. */
  readonly stopTimeout: number;
}

export type AppProgram =
  | {
      readonly kind: 'command';
      /** The program and its arguments. */
      readonly words: readonly string[];
      /** The port it always listens on; null: one that it is told. */
      readonly port: number | null;
    }
  | {
      readonly kind: 'wsgi' | 'asgi';
      readonly entry: PythonEntry;
      /** The server that runs it; null: the first one that is installed. */
      readonly server: PythonServer | null;
      readonly threads: number;
      readonly processes: number;
      readonly virtualenv: string | null;
    };

/** Where the callable is: a script as mod_wsgi reads it, or a module. */
export type PythonEntry =
  | { readonly script: string; readonly callable: string }
  | { readonly module: string; readonly callable: string };

export const pythonServers = ['gunicorn', 'uwsgi', 'waitress', 'uvicorn'] as const;
export type PythonServer = (typeof pythonServers)[number];

export const stopSignals = ['SIGTERM', 'SIGINT', 'SIGQUIT', 'SIGHUP', 'SIGUSR1', 'SIGUSR2'] as const;
export type StopSignal = (typeof stopSignals)[number];

/** An app as `status` and `app list` show it. Times are ISO 8601. */
export interface AppFacts {
  readonly name: string;
  /**
   * starting: not ready yet. ready: serves. deploying: serves, and the next one starts beside it. replacing: stops so that the
   * next one can start. waiting: has ended by itself and is started again soon. stopping, stopped: the gate stops it.
   */
  readonly state: 'waiting' | 'starting' | 'ready' | 'deploying' | 'replacing' | 'stopping' | 'stopped';
  /** Every process that was started and has not ended; the one that serves first. */
  readonly pids: readonly number[];
  /** Since when it is in this state. */
  readonly since: string;
  /** How often it was started after the first time. */
  readonly restarts: number;
  /** What it runs as and by which server, e.g. `gunicorn app.wsgi as www-data`. */
  readonly program: string;
  /** Where the one that serves listens; ''. */
  readonly target: string;
  /** Why it last ended without being told to, or did not become ready, and what it had printed last; null when it never did. */
  readonly lastError: { readonly message: string; readonly at: string; readonly lines: readonly string[] } | null;
}

/** A line an app printed. */
export interface AppLine {
  /** ISO 8601. */
  readonly time: string;
  readonly pid: number;
  readonly text: string;
}
