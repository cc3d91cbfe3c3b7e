import { type ReloadAnswer, toFailure } from '../control/admin/messages.ts';
import { openControlSocket } from '../control/admin/server.ts';
import type { Gateway } from '../gateway/gateway.ts';
import { findServiceManager, type ServiceManager } from '../gateway/systemd/service-manager.ts';
import { describeError, UserError } from '../model/errors.ts';
import type { Settings } from '../model/settings.ts';
import { listenUrls } from './addresses.ts';
import type { Context } from './context.ts';
import type { ReadSettings } from './parts.ts';
import { errorsOf, placedMessage } from './print-error.ts';
import { listenForSignals } from './signals.ts';

export interface ServeJob {
  readonly settings: Settings;
  /** Reads the configuration again; null when it did not come from a file. */
  readonly reread: (() => Promise<ReadSettings>) | null;
  /** Prints what the user wants to know, just before the `ready` line. */
  readonly announce?: (gateway: Gateway) => Promise<void> | void;
  /** Called once, when a graceful stop begins. */
  readonly stopping?: () => void;
}

/**
 * Serves until it is told to stop and resolves with the exit code: 0 after a graceful stop, 1 after a second signal
 * or a fatal error. Rejects with a UserError when serving cannot begin.
 */
export async function serve(context: Context, job: ServeJob): Promise<0 | 1> {
  const serving = new Serving(context, job);
  return serving.run();
}

/** A stop that takes longer than this says what it waits for; milliseconds. */
const silentWait = 1_000;

/**
 * ```
 *   starting ──────────▶ serving ──────────▶ stopping ──────────▶ ended
 *       │      ready        │  SIGTERM, SIGINT,  │   drained, or      ▲
 *       │                   │  stop, fatal error │   second signal    │
 *       └───────────────────┴── start failed ────┴────────────────────┘
 * ```
 * A stop asked for while starting is done as soon as there is something to stop.
 */
class Serving {
  readonly #context: Context;
  readonly #job: ServeJob;
  readonly #manager: ServiceManager;
  readonly #stopAsked = Promise.withResolvers<void>();
  readonly #killAsked = Promise.withResolvers<void>();
  #gateway: Gateway | null = null;
  #stopping = false;
  #askedBy = '';
  #exitCode: 0 | 1 = 0;
  #lastReload: Promise<unknown> = Promise.resolve();

  constructor(context: Context, job: ServeJob) {
    this.#context = context;
    this.#job = job;
    this.#manager = findServiceManager({ onFailure: (error) => this.#sayUnheard(error) });
  }

  async run(): Promise<0 | 1> {
    const { settings } = this.#job;
    const ignoreSignals = listenForSignals({
      stop: (signal) => this.#stopOrKill(signal),
      reload: () => this.#reloadOnSignal(),
      reopenLogs: () => this.#reopenOnSignal(),
      fatal: (error) => this.#fail(error),
    });
    try {
      const control = await openControlSocket(settings.control, {
        status: () => this.#gateway?.status() ?? null,
        reload: () => this.#reload(),
        reopenLogs: () => this.#requireGateway().reopenLogs(),
        stop: () => this.#stop('control socket'),
        renewCertificate: (name, force) => this.#requireGateway().renewCertificate(name, force),
        examineCertificate: async (name) => [...(await this.#requireGateway().examineCertificate(name))],
        drainTarget: (site, target, wanted) => this.#requireGateway().drainTarget(site, target, wanted),
        restartApp: (name) => this.#requireGateway().restartApp(name),
        appLines: (name) => this.#requireGateway().appLines(name),
        importCertificate: (name, chain, key) => this.#requireGateway().importCertificate(name, { chain, key }),
      });
      try {
        await this.#serveUntilStopped(settings);
      } finally {
        control.close();
      }
    } finally {
      ignoreSignals();
    }
    return this.#exitCode;
  }

  async #serveUntilStopped(settings: Settings): Promise<void> {
    const killed = this.#killAsked.promise.then(() => null);
    const gateway = await Promise.race([this.#context.parts.startGateway(settings), killed]);
    if (!gateway) return;
    this.#gateway = gateway;
    try {
      await this.#job.announce?.(gateway);
      this.#context.terminal.out.line(`ready ${listenUrls(gateway.addresses)}`);
      this.#manager.ready(serving(gateway));
      await this.#stopAsked.promise;
    } finally {
      const patience = setTimeout(() => void this.#sayWaiting(gateway), silentWait);
      await Promise.race([gateway.stop(), killed.then(() => gateway.kill())]);
      clearTimeout(patience);
    }
  }

  #stop(askedBy: string): void {
    if (this.#stopping) return;
    this.#stopping = true;
    this.#askedBy = askedBy;
    this.#gateway?.log.info('stopping', { askedBy });
    this.#manager.stopping();
    this.#job.stopping?.();
    this.#stopAsked.resolve();
  }

  async #sayWaiting(gateway: Gateway): Promise<void> {
    const { connections, tunnels } = (await gateway.status()).counters;
    if (connections === 0) return;
    const those = `${connections} ${connections === 1 ? 'connection' : 'connections'}`;
    const webSockets = tunnels === 0 ? '' : ` (${tunnels} ${tunnels === 1 ? 'WebSocket' : 'WebSockets'})`;
    const again = this.#askedBy === 'SIGINT' ? 'Ctrl-C again' : 'a second signal';
    this.#context.terminal.err.line(`sallyport: waiting for ${those}${webSockets}; ${again} ends at once`);
  }

  #stopOrKill(signal: string): void {
    if (!this.#stopping) {
      this.#stop(signal);
      return;
    }
    this.#exitCode = 1;
    this.#killAsked.resolve();
  }

  /** The state of the process is unknown after this, so it serves nobody new, lets what runs finish, and ends. */
  #fail(error: unknown): void {
    this.#exitCode = 1;
    const stack = error instanceof Error ? error.stack : undefined;
    if (this.#gateway) this.#gateway.log.error(`internal error, stopping: ${describeError(error)}`, { stack });
    else this.#context.terminal.err.line(`sallyport: internal error; ${stack ?? describeError(error)}`);
    this.#stop('internal error');
  }

  #requireGateway(): Gateway {
    if (this.#gateway) return this.#gateway;
    throw new UserError('the process is still starting; nothing is served yet', { code: 'starting' });
  }

  /** One after another, so that the last one asked for wins. */
  #reload(): Promise<ReloadAnswer> {
    const reload = this.#lastReload.then(() => this.#reloadNow());
    this.#lastReload = reload.catch(() => {});
    return reload;
  }

  async #reloadNow(): Promise<ReloadAnswer> {
    const gateway = this.#requireGateway();
    const { reread, settings: first } = this.#job;
    if (!reread || first.file === null) {
      throw new UserError('there is no file to reload; this process was started from arguments alone', {
        code: 'nothing-to-reload',
        cure: 'Stop it and start it with other arguments, or write a sallyport.yaml and use `sallyport run`.',
      });
    }
    if (this.#stopping) throw new UserError('cannot reload; the process is stopping', { code: 'stopping' });
    const { settings, warnings } = await this.#whileReloading(gateway, async () => {
      const read = await reread();
      await gateway.reload(read.settings);
      return read;
    });
    const all = [...warnings, ...unmovable(first, settings)];
    gateway.log.info('reloaded', { file: first.file, sites: settings.sites.length });
    for (const warning of all) gateway.log.warn(placedMessage(warning));
    return { file: first.file, sites: settings.sites.length, warnings: all.map(toFailure) };
  }

  /** systemd is told of the reload, and afterwards that the service serves: the new configuration, or the old one still. */
  async #whileReloading<T>(gateway: Gateway, reload: () => Promise<T>): Promise<T> {
    this.#manager.reloading();
    try {
      return await reload();
    } finally {
      this.#manager.ready(serving(gateway));
      // `systemctl reload` returns with this, and "active" is what one wants to see then.
      await this.#manager.settled();
    }
  }

  #sayUnheard(error: Error): void {
    const facts = { error: describeError(error) };
    const log = this.#gateway?.log;
    if (log) log.warn('systemd cannot be told how the service does', facts);
    else this.#context.terminal.err.line(`sallyport: systemd cannot be told how the service does; ${facts.error}`);
  }

  /** Without a file there is nothing to reload, and a hang-up means what it always has: the terminal is gone. */
  #reloadOnSignal(): void {
    if (!this.#job.reread) {
      this.#stopOrKill('SIGHUP');
      return;
    }
    this.#reload().catch((error: unknown) => {
      const log = this.#gateway?.log;
      log?.error('reload failed, nothing has changed');
      for (const each of errorsOf(error))
        log?.error(each instanceof UserError ? placedMessage(each) : describeError(each));
    });
  }

  #reopenOnSignal(): void {
    const gateway = this.#gateway;
    gateway?.reopenLogs().catch((error: unknown) => gateway.log.error(`reopening logs: ${describeError(error)}`));
  }
}

/** What the service manager shows beside the service. */
function serving(gateway: Gateway): string {
  const sites = gateway.settings.sites.length;
  return `Serving ${sites} ${sites === 1 ? 'site' : 'sites'} on ${listenUrls(gateway.addresses)}`;
}

/** What a reload cannot move while the process runs. */
function unmovable(before: Settings, after: Settings): UserError[] {
  if (before.control === after.control) return [];
  return [
    new UserError(`the control socket stays at ${before.control}; a new one takes a restart`, {
      code: 'control-not-moved',
      cure: 'Restart to use the new one; until then name the old one with --control.',
    }),
  ];
}
