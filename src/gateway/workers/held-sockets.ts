import type { BoundAddress, ListenAddress, Settings } from '../../model/settings.ts';
import { doorName } from '../../traffic/listen/listeners.ts';
import { bindHandles, bindMoreHandles, portOf, type SocketHandle } from '../../traffic/listen/socket-handle.ts';

/** A place that is listened on, by one socket for each worker. */
interface HeldDoor {
  readonly address: BoundAddress;
  readonly handles: SocketHandle[];
}

/**
 * The listening sockets of a gateway with several workers. This process holds them and never accepts, so that none closes with a
 * worker, and what waits in one is still there for the next. The system spreads new connections among the sockets of a place by a hash of their
 * addresses: evenly, where one socket for all would give a burst to the worker that wakes first.
 */
export class HeldSockets {
  readonly #doors = new Map<string, HeldDoor>();

  addresses(): readonly BoundAddress[] {
    return [...this.#doors.values()].map(({ address }) => address);
  }

  /** Takes over a socket that a predecessor held. */
  adopt(door: string, address: BoundAddress, handle: SocketHandle): void {
    const held = this.#doors.get(door);
    if (held) held.handles.push(handle);
    else this.#doors.set(door, { address, handles: [handle] });
  }

  /** Opens what of `listen` is not open yet, for so many workers: all, or none and a ListenError. Gives the names of what it opened. */
  open(listen: Settings['listen'], workers: number): readonly string[] {
    const opened: string[] = [];
    try {
      for (const { address, scheme } of placesOf(listen)) {
        const name = doorName(address, scheme);
        const held = this.#doors.get(name);
        if (held) {
          held.handles.push(...bindMoreHandles(address, held.handles, workers));
          this.#doors.set(name, { ...held, address: { ...address, scheme, port: held.address.port } });
          continue;
        }
        const handles = [...bindHandles(address, workers)];
        const port = portOf(handles[0]!);
        this.#doors.set(name, { address: { ...address, scheme, port }, handles });
        opened.push(name);
      }
    } catch (error) {
      this.close(opened);
      throw error;
    }
    return opened;
  }

  close(names: Iterable<string>): void {
    for (const name of [...names]) {
      for (const handle of this.#doors.get(name)?.handles ?? []) handle.close();
      this.#doors.delete(name);
    }
  }

  /** Closes what `listen` does not name. */
  closeOthers(listen: Settings['listen']): void {
    const wanted = new Set(placesOf(listen).map(({ address, scheme }) => doorName(address, scheme)));
    this.close([...this.#doors.keys()].filter((name) => !wanted.has(name)));
  }

  closeAll(): void {
    this.close(this.#doors.keys());
  }

  /** Every socket with the name and the address of its door. */
  *all(): Generator<{ readonly door: string; readonly address: BoundAddress; readonly handle: SocketHandle }> {
    for (const [door, { address, handles }] of this.#doors)
      for (const handle of handles) yield { door, address, handle };
  }

  /** The sockets that the worker `index` of `workers` accepts from, one or more of each door. Where they cannot be spread, all share the one. */
  *of(index: number, workers: number): Generator<{ readonly door: string; readonly handle: SocketHandle }> {
    for (const [door, { handles }] of this.#doors) {
      if (handles.length < workers) yield { door, handle: handles[0]! };
      else for (let at = index; at < handles.length; at += workers) yield { door, handle: handles[at]! };
    }
  }
}

function placesOf(
  listen: Settings['listen'],
): { readonly address: ListenAddress; readonly scheme: 'http' | 'https' }[] {
  return (['http', 'https'] as const).flatMap((scheme) => listen[scheme].map((address) => ({ address, scheme })));
}
