import { type ReloadAnswer, toFailure, type UpgradeAnswer } from '../control/admin/messages.ts';
import { type ControlActions, type ControlSocket, openControlSocket } from '../control/admin/server.ts';
import type { Gateway } from '../gateway/gateway.ts';
import { findServiceManager, type ServiceManager } from '../gateway/systemd/service-manager.ts';
import { findPredecessor, type Predecessor } from '../gateway/upgrade/predecessor.ts';
import { handOverToSuccessor } from '../gateway/upgrade/successor.ts';
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
  /** A successor does what this process did. */
  #handedOver = false;
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
      upgrade: () => this.#upgradeOnSignal(),
      fatal: (error) => this.#fail(error),
    });
    try {
      const predecessor = await findPredecessor();
      if (predecessor) await this.#succeed(predecessor, settings);
      else await this.#begin(settings);
    } finally {
      ignoreSignals();
    }
    return this.#exitCode;
  }

  async #begin(settings: Settings): Promise<void> {
    const control = await openControlSocket(settings.control, this.#actions());
    try {
      await this.#serveUntilStopped(() => this.#context.parts.startGateway(settings));
    } finally {
      this.#closeControl(control);
    }
  }

  /** In the place of a program that runs: first beside it, then instead of it. */
  async #succeed(predecessor: Predecessor, settings: Settings): Promise<void> {
    let control: ControlSocket | null = null;
    try {
      await this.#serveUntilStopped(
        () => this.#context.parts.startGateway(settings, { bequest: predecessor.bequest }),
        async (gateway) => {
          await gateway.succeed(predecessor);
          control = await openControlSocket(settings.control, this.#actions(), true);
          predecessor.serving();
        },
      );
    } catch (error) {
      predecessor.failed(error);
      throw error;
    } finally {
      if (control) this.#closeControl(control);
    }
  }

  #closeControl(control: ControlSocket): void {
    if (this.#handedOver) control.leave();
    else control.close();
  }

  #actions(): ControlActions {
    return {
      status: () => this.#gateway?.status() ?? null,
      reload: () => this.#reload(),
      reopenLogs: () => this.#requireGateway().reopenLogs(),
      upgrade: () => this.#upgrade(),
      stop: () => this.#stop('control socket'),
      renewCertificate: (name, force) => this.#requireGateway().renewCertificate(name, force),
      examineCertificate: async (name) => [...(await this.#requireGateway().examineCertificate(name))],
      drainTarget: (site, target, wanted) => this.#requireGateway().drainTarget(site, target, wanted),
      restartApp: (name) => this.#requireGateway().restartApp(name),
      appLines: (name) => this.#requireGateway().appLines(name),
      importCertificate: (name, chain, key) => this.#requireGateway().importCertificate(name, { chain, key }),
    };
  }

  /** `takeOver` is what a successor does before it says that it is ready. */
  async #serveUntilStopped(
    start: () => Promise<Gateway>,
    takeOver: (gateway: Gateway) => Promise<void> = async () => {},
  ): Promise<void> {
    const killed = this.#killAsked.promise.then(() => null);
    const gateway = await Promise.race([start(), killed]);
    if (!gateway) return;
    this.#gateway = gateway;
    try {
      await takeOver(gateway);
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
    if (!this.#handedOver) this.#manager.stopping();
    this.#job.stopping?.();
    this.#stopAsked.resolve();
  }

  async #sayWaiting(gateway: Gateway): Promise<void> {
    if (this.#handedOver) return;
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

  /** After reloads that were asked for before, and before those that are asked for now: their place is the successor. */
  #upgrade(): Promise<UpgradeAnswer> {
    const upgrade = this.#lastReload.then(() => this.#upgradeNow());
    this.#lastReload = upgrade.catch(() => {});
    return upgrade;
  }

  async #upgradeNow(): Promise<UpgradeAnswer> {
    const gateway = this.#requireGateway();
    if (this.#stopping) throw new UserError('cannot upgrade; the process is stopping', { code: 'stopping' });
    checkCanUpgrade(gateway.settings, (await this.#job.reread?.())?.settings ?? gateway.settings);
    gateway.log.info('starting the program on disk, to hand over to it');
    const { environment } = this.#manager;
    const isService = environment.NOTIFY_SOCKET !== undefined;
    const abandoned = this.#stopAsked.promise;
    const successor = await handOverToSuccessor(gateway, { environment, isService, abandoned });
    this.#handedOver = true;
    this.#manager.handOver();
    gateway.log.info('handed over', { pid: successor.pid, version: successor.version });
    // The answer goes out first.
    setImmediate(() => this.#stop('its successor'));
    return { ...successor, before: process.pid };
  }

  #upgradeOnSignal(): void {
    this.#upgrade().catch((error: unknown) => this.#logFailure('upgrade failed, this process goes on', error));
  }

  #logFailure(what: string, error: unknown): void {
    const log = this.#gateway?.log;
    log?.error(what);
    for (const each of errorsOf(error))
      log?.error(each instanceof UserError ? placedMessage(each) : describeError(each));
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
    this.#reload().catch((error: unknown) => this.#logFailure('reload failed, nothing has changed', error));
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

/** Throws a UserError when no successor could take the place of this process. */
function checkCanUpgrade(now: Settings, next: Settings): void {
  if (process.pid === 1) {
    throw new UserError('process 1 of a container cannot be replaced: the container would end with it', {
      code: 'cannot-upgrade',
      cure: 'Start a container of the new image.',
    });
  }
  if (now.state === next.state) return;
  throw new UserError(`the configuration names another state directory, ${next.state}`, {
    code: 'cannot-upgrade',
    cure: 'Reload first: that moves it.',
  });
}

/** What a reload cannot move while the process runs. */
function unmovable(before: Settings, after: Settings): UserError[] {
  const errors: UserError[] = [];
  if (before.workers === 1 && after.workers > 1) {
    const cure = 'Run `sallyport upgrade`, or restart.';
    errors.push(new UserError('one process serves still; more take an upgrade', { code: 'workers-not-started', cure }));
  }
  if (before.control === after.control) return errors;
  return [
    ...errors,
    new UserError(`the control socket stays at ${before.control}; a new one takes a restart`, {
      code: 'control-not-moved',
      cure: 'Restart to use the new one; until then name the old one with --control.',
    }),
  ];
}
