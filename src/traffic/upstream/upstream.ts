import type { FieldTable } from '../../wire/http1/field-table.ts';
import type { HeadWriter } from '../../wire/http1/head-writer.ts';
import type { RequestHead } from '../../wire/http1/request-head.ts';
import type { ResponseHead } from '../../wire/http1/response-head.ts';
import type { UpstreamFailure } from './upstream-failure.ts';

/** `dialing`: the request has not been sent, for want of a connection or of room on one. */
export type UpstreamState = 'dialing' | 'idle' | 'head' | 'body' | 'tunnel' | 'closed';

/**
 * The app's end of one exchange: an HTTP/1.1 connection between two requests, or one HTTP/2 stream. The exchange asks
 * through it and never learns which.
 *
 * A request is `begin`, `sendHead`, then `sendBody` and `endBody` if it has a body. No failure is told before `sendHead`
 * has returned.
 */
export interface Upstream {
  readonly state: UpstreamState;
  /** Its connection has carried an exchange before: it may have died unnoticed. */
  readonly reused: boolean;
  /** What has happened when it is `dialing` for too long. */
  readonly notConnected: UpstreamFailure;
  begin(client: UpstreamClient): void;
  /** Sends the head composed from `request`, in the form of HTTP/1.1. */
  sendHead(writer: HeadWriter, request: RequestHead): void;
  /** Returns false when the client should pause until `onUpstreamDrain`. */
  sendBody(bytes: Buffer, start: number, end: number): boolean;
  endBody(trailers: FieldTable | null): void;
  /** Ends the exchange from the client's side; no further call reaches it. */
  abandon(): void;
  /** Stops the response body until `resume`; a read's worth may still come. */
  pause(): void;
  resume(): void;
  /** Hands both directions over to a tunnel. */
  becomeTunnel(tunnel: UpstreamTunnel): void;
  /** For a tunnel. Returns false when the client should pause until `onUpstreamDrain`. */
  writeTunnel(bytes: Buffer, start: number, end: number): boolean;
  endTunnel(): void;
  /** Ends it so that the app sees that something broke. */
  reset(): void;
}

/** What an upstream tells the exchange it works for. Bytes are valid until the call returns. */
export interface UpstreamClient {
  readonly toHead: boolean;
  /** Everything of the request has been handed to the upstream. */
  readonly requestSent: boolean;
  readonly offersUpgrade: boolean;
  onUpstreamConnected(): void;
  onInformational(head: ResponseHead): void;
  /** The protocol was switched; what follows in `bytes` belongs to it already. */
  onUpgraded(head: ResponseHead, bytes: Buffer, start: number, end: number): void;
  /** The head, and what came of the body with it. `ended`: that was all. */
  onResponse(head: ResponseHead, bytes: Buffer, start: number, end: number, ended: boolean): void;
  onResponseBody(bytes: Buffer, start: number, end: number, ended: boolean): void;
  /** Fields behind the body; comes before the call that says `ended`. */
  onTrailers(trailers: FieldTable): void;
  onUpstreamDrain(): void;
  /** `anyByte`: some of the response had been received. */
  onUpstreamFailure(cause: UpstreamFailure, anyByte: boolean): void;
}

/** What an upgraded upstream tells the tunnel that has taken it over. */
export interface UpstreamTunnel {
  onUpstreamBytes(bytes: Buffer, start: number, end: number): void;
  onUpstreamEnd(): void;
  onUpstreamDrain(): void;
  onUpstreamClosed(reset: boolean): void;
}
