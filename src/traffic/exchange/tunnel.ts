import { clientGoingAway, FrameBoundary, serverGoingAway } from '../../wire/websocket/frame-boundary.ts';
import type { Deadlined, Deadlines } from '../deadlines.ts';
import type { LoginProof } from '../guard/visit.ts';
import type { Upstream } from '../upstream/upstream.ts';
import type { AcceptedConnection } from './accepted-connection.ts';
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
  /** Who was let in; null where nobody was asked. */
  login: LoginProof | null = null;
  readonly #home: TunnelHome;
  readonly #client: ClientStream;
  readonly #upstream: Upstream;
  readonly #ended: () => void;
  /** Only for WebSockets: where a Close frame may be put in. */
  readonly #fromClient: FrameBoundary | null;
  readonly #fromUpstream: FrameBoundary | null;
  #clientClosed = false;
  #upstreamClosed = false;

  /** `ended` is called once, when both sides are closed. */
  constructor(home: TunnelHome, client: ClientStream, upstream: Upstream, webSocket: boolean, ended: () => void) {
    this.#fromClient = webSocket ? new FrameBoundary() : null;
    this.#fromUpstream = webSocket ? new FrameBoundary() : null;
    this.#home = home;
    this.#client = client;
    this.#upstream = upstream;
    this.#ended = ended;
    this.deadline = home.deadlines.in(home.tunnelIdle);
    home.deadlines.add(this);
    home.tunnelOpened(this);
  }

  /** The client's side. */
  get connection(): AcceptedConnection {
    return this.#client.connection;
  }

  onClientBytes(bytes: Buffer, start: number, end: number): void {
    this.#touch();
    this.#fromClient?.follow(bytes, start, end);
    if (!this.#upstream.writeTunnel(bytes, start, end)) this.#client.pauseRequest();
  }

  onUpstreamBytes(bytes: Buffer, start: number, end: number): void {
    this.#touch();
    this.#fromUpstream?.follow(bytes, start, end);
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
    this.#upstream.endTunnel();
  }

  onUpstreamEnd(): void {
    this.#client.endTunnel();
  }

  onClientClosed(reset: boolean): void {
    if (this.#clientClosed) return;
    this.#clientClosed = true;
    if (reset) this.#upstream.reset();
    else this.#upstream.endTunnel();
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

  /**
   * Tells both sides that no more will come: a WebSocket by a Close frame (1001, going away) unless a frame is under
   * way, anything by the end of the stream. What is under way still arrives.
   */
  endBoth(): void {
    if (this.#fromUpstream?.betweenFrames) this.#client.writeTunnel(serverGoingAway, 0, serverGoingAway.length);
    if (this.#fromClient?.betweenFrames) {
      this.#upstream.writeTunnel(clientGoingAway, 0, clientGoingAway.length);
    }
    this.#client.endTunnel();
    this.#upstream.endTunnel();
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
