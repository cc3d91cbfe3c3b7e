import type { Server, Socket } from 'node:net';
import type { BoundAddress, ListenAddress, Settings, Snapshot } from '../../model/settings.ts';
import { bind } from './bind.ts';
import { createListenCounters, type ListenCounters } from './counters.ts';
import { Doorkeeper, type DoorkeeperOptions } from './doorkeeper.ts';
import { handleOf, type SocketHandle } from './socket-handle.ts';

type Scheme = BoundAddress['scheme'];

export type ListenerOptions = Omit<DoorkeeperOptions, 'counters'> & { readonly counters?: ListenCounters };

/** The listening sockets of the gateway, and what stands behind them until a connection is ready for requests. */
export interface Listeners {
  readonly counters: ListenCounters;
  /**
   * Serves certificates and limits of `snapshot` from now on; open connections and listening sockets stay as they are, and
   * session tickets stay good. Throws a UserError `certificate-unusable` and changes nothing when a certificate cannot be used.
   */
  apply(snapshot: Snapshot): void;
  /** Opens those of `addresses` that are not open yet: all of them, or none and a UserError. */
  open(addresses: readonly ListenAddress[], scheme: Scheme): Promise<void>;
  /** Closes one listening socket, named as it was opened; its connections live on. */
  closeAddress(address: ListenAddress, scheme: Scheme): Promise<void>;
  /**
   * A reload: takes up `snapshot` and listens exactly on `listen`. Rejects with a UserError and changes nothing when a certificate
   * cannot be used or an address cannot be opened. An address of which `handles` has one, by its {@link doorName}, is listened on by that.
   */
  serve(snapshot: Snapshot, listen: Settings['listen'], handles?: ReadonlyMap<string, SocketHandle>): Promise<void>;
  /** Accepts from one more socket of the door of that name as well, until {@link returnDoors} or until the door is closed. */
  lend(name: string, handle: SocketHandle): Promise<void>;
  /** Accepts no more from sockets that were lent. */
  returnDoors(): void;
  /** Every listening socket, to be sent to another process; they stay open here. */
  handles(): { readonly door: string; readonly address: BoundAddress; readonly handle: SocketHandle }[];
  addresses(): readonly BoundAddress[];
  /** Closes the listening sockets; connections live on, handshakes may finish. */
  stopAccepting(): Promise<void>;
  /** Resolves when no accepted connection is at its handshake any more, or after a moment: some never begin one. */
  arrived(isPatient: boolean): Promise<void>;
  /** {@link stopAccepting}, and resets every connection that is still open. */
  close(): Promise<void>;
}

interface Door {
  readonly address: ListenAddress;
  readonly scheme: Scheme;
  readonly server: Server;
}

/** Listeners that serve nothing yet: {@link Listeners.apply} first, then {@link Listeners.open}; or both by {@link Listeners.serve}. */
export function createListeners(options: ListenerOptions): Listeners {
  const counters = options.counters ?? createListenCounters();
  return new TcpListeners(new Doorkeeper({ ...options, counters }), counters);
}

/** How a place to listen on is called among the handles of {@link Listeners.serve}. */
export function doorName({ host, port }: ListenAddress, scheme: Scheme): string {
  return `${scheme} ${host} ${port}`;
}

class TcpListeners implements Listeners {
  readonly counters: ListenCounters;
  readonly #doorkeeper: Doorkeeper;
  readonly #doors = new Map<string, Door>();
  #lent: { readonly name: string; readonly server: Server }[] = [];

  constructor(doorkeeper: Doorkeeper, counters: ListenCounters) {
    this.#doorkeeper = doorkeeper;
    this.counters = counters;
  }

  apply(snapshot: Snapshot): void {
    this.#doorkeeper.apply(snapshot);
  }

  async open(addresses: readonly ListenAddress[], scheme: Scheme): Promise<void> {
    await this.#openAll(addresses.map((address) => ({ address, scheme })));
  }

  async closeAddress(address: ListenAddress, scheme: Scheme): Promise<void> {
    await this.#close(doorName(address, scheme));
  }

  async serve(
    snapshot: Snapshot,
    listen: Settings['listen'],
    handles: ReadonlyMap<string, SocketHandle> = new Map(),
  ): Promise<void> {
    this.#doorkeeper.check(snapshot);
    const wanted = (['http', 'https'] as const).flatMap((scheme) =>
      listen[scheme].map((address) => ({ address, scheme })),
    );
    await this.#openAll(wanted, handles);
    this.#doorkeeper.apply(snapshot);
    for (const { address, scheme } of wanted) {
      const name = doorName(address, scheme);
      this.#doors.set(name, { ...this.#doors.get(name)!, address });
    }
    const names = new Set(wanted.map(({ address, scheme }) => doorName(address, scheme)));
    await Promise.all([...this.#doors.keys()].filter((name) => !names.has(name)).map((name) => this.#close(name)));
  }

  addresses(): readonly BoundAddress[] {
    return [...this.#doors.values()].map((door) => ({ ...door.address, scheme: door.scheme, port: boundPort(door) }));
  }

  async stopAccepting(): Promise<void> {
    await Promise.all([...this.#doors.keys()].map((name) => this.#close(name)));
  }

  arrived(isPatient: boolean): Promise<void> {
    return this.#doorkeeper.arrived(isPatient);
  }

  async close(): Promise<void> {
    this.#doorkeeper.stop();
    await this.stopAccepting();
    await this.#doorkeeper.resetAll();
  }

  async lend(name: string, handle: SocketHandle): Promise<void> {
    const door = this.#doors.get(name);
    if (door === undefined) {
      handle.close();
      return;
    }
    this.#lent.push({ name, server: await this.#listen(name, door, handle) });
  }

  returnDoors(): void {
    for (const { server } of this.#lent) server.close();
    this.#lent = [];
  }

  handles(): { readonly door: string; readonly address: BoundAddress; readonly handle: SocketHandle }[] {
    const own = [...this.#doors].map(([name, { server }]) => ({ name, server }));
    return [...own, ...this.#lent].flatMap(({ name, server }) => {
      const door = this.#doors.get(name);
      if (door === undefined) return [];
      const address = { ...door.address, scheme: door.scheme, port: boundPort(door) };
      return [{ door: name, address, handle: handleOf(server) }];
    });
  }

  async #openAll(
    wanted: readonly Omit<Door, 'server'>[],
    handles: ReadonlyMap<string, SocketHandle> = new Map(),
  ): Promise<void> {
    const opened: string[] = [];
    try {
      for (const { address, scheme } of wanted) {
        const name = doorName(address, scheme);
        if (this.#doors.has(name)) continue;
        const server = await this.#listen(name, { address, scheme }, handles.get(name) ?? null);
        this.#doors.set(name, { address, scheme, server });
        opened.push(name);
      }
    } catch (error) {
      await Promise.all(opened.map((name) => this.#close(name)));
      throw error;
    }
  }

  #listen(name: string, { address, scheme }: Omit<Door, 'server'>, handle: SocketHandle | null): Promise<Server> {
    const accept = (socket: Socket): void => {
      const proxied = this.#doors.get(name)?.address.proxyProtocol === true;
      this.#doorkeeper.accept(socket, { scheme, proxied });
    };
    return bind(address, accept, handle);
  }

  /** Done when nothing is accepted any more; does not wait for connections. */
  #close(name: string): Promise<void> {
    const door = this.#doors.get(name);
    this.#doors.delete(name);
    door?.server.close();
    for (const lent of this.#lent) if (lent.name === name) lent.server.close();
    this.#lent = this.#lent.filter((lent) => lent.name !== name);
    return Promise.resolve();
  }
}

function boundPort({ address, server }: Door): number {
  const bound = server.address();
  return typeof bound === 'object' && bound ? bound.port : address.port;
}
