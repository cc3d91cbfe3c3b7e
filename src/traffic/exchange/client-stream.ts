import type { FieldTable } from '../../wire/http1/field-table.ts';
import type { HeadWriter } from '../../wire/http1/head-writer.ts';
import type { ResponseHead } from '../../wire/http1/response-head.ts';
import type { Peer } from '../filter/forwarding.ts';
import type { UpstreamTunnel } from '../upstream/http1-upstream.ts';
import type { AcceptedConnection } from './accepted-connection.ts';
import type { HostView } from './host-view.ts';

/** How a response body's length is told to the client. */
export type BodyPlan = 'none' | 'length' | 'unknown';

/**
 * The client's end of one exchange: an HTTP/1.1 connection between two heads, or one HTTP/2 stream. The exchange
 * answers through it and never learns which.
 *
 * A response is `startHead`, field lines composed into the writer, `sendHead`, then `sendBody` until a piece is `last` or `endBody` follows. Bytes
 * passed are used up before a call returns. Calls that take body bytes return false to ask for a pause until the
 * exchange's `onClientDrain`.
 */
export interface ClientStream {
  readonly connection: AcceptedConnection;
  readonly peer: Peer;
  /** What was worked out for the last Host on this connection. */
  hostView: HostView | null;
  readonly responseBytes: number;
  /** The client has closed its sending side; it may still be reading. */
  readonly halfClosed: boolean;
  /** `app` is the response being passed on, null for an answer of the gate's own. */
  startHead(writer: HeadWriter, status: number, app: ResponseHead | null): void;
  sendInformational(writer: HeadWriter): void;
  /** The head, and what there is of the body; `last`: nothing follows. */
  sendHead(writer: HeadWriter, plan: BodyPlan, bytes: Buffer, start: number, end: number, last: boolean): boolean;
  sendBody(bytes: Buffer, start: number, end: number, last: boolean): boolean;
  /** Ends a body behind which fields follow; otherwise the piece that was `last` has ended it. */
  endBody(trailers: FieldTable): void;
  /** Sends the composed 101 head; from then on both directions belong to the tunnel. */
  becomeTunnel(writer: HeadWriter, tunnel: ClientTunnel): void;
  pauseRequest(): void;
  resumeRequest(): void;
  /** No further request on this connection; takes effect when the response has ended. */
  closeAfterResponse(): void;
  /** The response cannot be completed: the client must see that. */
  abort(): void;
  /** The exchange has ended; the object is not used by it any more. */
  exchangeEnded(): void;
  /** For a tunnel. */
  writeTunnel(bytes: Buffer, start: number, end: number): boolean;
  endTunnel(): void;
  destroyTunnel(reset: boolean): void;
}

/** What a client stream tells the tunnel that has taken it over. */
export interface ClientTunnel extends UpstreamTunnel {
  onClientBytes(bytes: Buffer, start: number, end: number): void;
  onClientEnd(): void;
  onClientDrain(): void;
  onClientClosed(reset: boolean): void;
}
