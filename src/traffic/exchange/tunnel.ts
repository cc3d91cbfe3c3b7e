import type { Deadlined, Deadlines } from '../deadlines.ts';
import type { Http1Upstream } from '../upstream/http1-upstream.ts';
import type { ClientStream, ClientTunnel } from './client-stream.ts';

/** How long one side may take to send what is left after the other has closed. */
const closingTime = 5_000;

/** What a tunnel needs to know of where it lives. */
export interface TunnelHome {
  readonly deadlines: Deadlines;
  readonly tunnelIdle: number;
  tunnelOpened(tunnel: Tunnel): void;
  tunnelClosed(tunnel: Tunnel): void;
}

/**
 * Two connections joined after 101 Switching Protocols: bytes, half-closes and resets pass from each side to the other,
 * and each side is read only as fast as the other takes it.
 *
 * ```
 * open --one side closed--> closing --other side closed--> ended
 * ```
 */
export class Tunnel implements ClientTunnel, Deadlined {
  deadline: number;
  readonly #home: TunnelHome;
  readonly #client: ClientStream;
  readonly #upstream: Http1Upstream;
  readonly #ended: () => void;
  #clientClosed = false;
  #upstreamClosed = false;

  /** `ended` is called once, when both sides are closed. */
  constructor(home: TunnelHome, client: ClientStream, upstream: Http1Upstream, ended: () => void) {
    this.#home = home;
    this.#client = client;
    this.#upstream = upstream;
    this.#ended = ended;
    this.deadline = home.deadlines.in(home.tunnelIdle);
    home.deadlines.add(this);
    home.tunnelOpened(this);
  }

  onClientBytes(bytes: Buffer, start: number, end: number): void {
    this.#touch();
    if (!this.#upstream.writer.write(bytes, start, end, false)) this.#client.pauseRequest();
  }

  onUpstreamBytes(bytes: Buffer, start: number, end: number): void {
    this.#touch();
    if (!this.#client.writeTunnel(bytes, start, end)) this.#upstream.pause();
  }

  onClientDrain(): void {
    this.#touch();
    this.#upstream.resume();
  }

  onUpstreamDrain(): void {
    this.#touch();
    this.#client.resumeRequest();
  }

  onClientEnd(): void {
    this.#upstream.writer.end();
  }

  onUpstreamEnd(): void {
    this.#client.endTunnel();
  }

  onClientClosed(reset: boolean): void {
    if (this.#clientClosed) return;
    this.#clientClosed = true;
    if (reset) this.#upstream.reset();
    else this.#upstream.writer.end();
    this.#sideClosed();
  }

  onUpstreamClosed(reset: boolean): void {
    if (this.#upstreamClosed) return;
    this.#upstreamClosed = true;
    if (reset) this.#client.destroyTunnel(true);
    else this.#client.endTunnel();
    this.#sideClosed();
  }

  onDeadline(): void {
    this.kill();
  }

  /** Tells both sides that no more will come; what is under way still arrives. */
  endBoth(): void {
    this.#client.endTunnel();
    this.#upstream.writer.end();
    this.deadline = this.#home.deadlines.in(closingTime);
  }

  kill(): void {
    this.#upstream.reset();
    this.#client.destroyTunnel(true);
  }

  #touch(): void {
    this.deadline = this.#home.deadlines.in(this.#home.tunnelIdle);
  }

  #sideClosed(): void {
    this.deadline = this.#home.deadlines.in(closingTime);
    if (!this.#clientClosed || !this.#upstreamClosed) return;
    this.#home.deadlines.remove(this);
    this.#home.tunnelClosed(this);
    this.#ended();
  }
}
