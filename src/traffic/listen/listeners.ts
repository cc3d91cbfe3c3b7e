import type { Server } from 'node:net';
import type { BoundAddress, ListenAddress, Settings, Snapshot } from '../../model/settings.ts';
import { bind } from './bind.ts';
import { createListenCounters, type ListenCounters } from './counters.ts';
import { Doorkeeper, type DoorkeeperOptions } from './doorkeeper.ts';

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
   * cannot be used or an address cannot be opened.
   */
  serve(snapshot: Snapshot, listen: Settings['listen']): Promise<void>;
  addresses(): readonly BoundAddress[];
  /** Closes the listening sockets; connections live on, handshakes may finish. */
  stopAccepting(): Promise<void>;
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

class TcpListeners implements Listeners {
  readonly counters: ListenCounters;
  readonly #doorkeeper: Doorkeeper;
  readonly #doors = new Map<string, Door>();

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
    await this.#close(nameOf(address, scheme));
  }

  async serve(snapshot: Snapshot, listen: Settings['listen']): Promise<void> {
    this.#doorkeeper.check(snapshot);
    const wanted = (['http', 'https'] as const).flatMap((scheme) =>
      listen[scheme].map((address) => ({ address, scheme })),
    );
    await this.#openAll(wanted);
    this.#doorkeeper.apply(snapshot);
    for (const { address, scheme } of wanted) {
      const name = nameOf(address, scheme);
      this.#doors.set(name, { ...this.#doors.get(name)!, address });
    }
    const names = new Set(wanted.map(({ address, scheme }) => nameOf(address, scheme)));
    await Promise.all([...this.#doors.keys()].filter((name) => !names.has(name)).map((name) => this.#close(name)));
  }

  addresses(): readonly BoundAddress[] {
    return [...this.#doors.values()].map(({ address, scheme, server }) => {
      const bound = server.address();
      return { ...address, scheme, port: typeof bound === 'object' && bound ? bound.port : address.port };
    });
  }

  async stopAccepting(): Promise<void> {
    await Promise.all([...this.#doors.keys()].map((name) => this.#close(name)));
  }

  async close(): Promise<void> {
    this.#doorkeeper.stop();
    await this.stopAccepting();
    await this.#doorkeeper.resetAll();
  }

  async #openAll(wanted: readonly Omit<Door, 'server'>[]): Promise<void> {
    const opened: string[] = [];
    try {
      for (const { address, scheme } of wanted) {
        const name = nameOf(address, scheme);
        if (this.#doors.has(name)) continue;
        const server = await bind(address, (socket) => {
          const proxied = this.#doors.get(name)?.address.proxyProtocol === true;
          this.#doorkeeper.accept(socket, { scheme, proxied });
        });
        this.#doors.set(name, { address, scheme, server });
        opened.push(name);
      }
    } catch (error) {
      await Promise.all(opened.map((name) => this.#close(name)));
      throw error;
    }
  }

  /** Done when nothing is accepted any more; does not wait for connections. */
  #close(name: string): Promise<void> {
    const door = this.#doors.get(name);
    this.#doors.delete(name);
    door?.server.close();
    return Promise.resolve();
  }
}

function nameOf({ host, port }: ListenAddress, scheme: Scheme): string {
  return `${scheme} ${host} ${port}`;
}
