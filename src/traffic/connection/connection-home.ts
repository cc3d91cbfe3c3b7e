import type { AcceptedConnection } from '../exchange/accepted-connection.ts';
import type { Exchange } from '../exchange/exchange.ts';
import type { TrafficContext } from '../exchange/traffic-context.ts';
import type { Flusher } from '../flusher.ts';

/** A client connection as the worker sees it. */
export interface ClientConnection {
  readonly connection: AcceptedConnection;
  /**
   * Closes as soon as no exchange is under way. A request that is on its way may still come within `patience` milliseconds: the first
   * one of a client that has only just connected, or one whose head is half there; with `next` also the next one of any client.
   */
  drain(patience: number, next?: boolean): void;
  kill(): void;
}

/** What client connections need of the worker they live in. */
export interface ConnectionHome extends Flusher {
  readonly context: TrafficContext;
  /** Answers come, but few in a turn of the event loop. Valid while a connection is flushed. */
  readonly trickles: boolean;
  /** Counts for {@link trickles}. */
  noteAnswer(): void;
  takeExchange(): Exchange;
  releaseExchange(exchange: Exchange): void;
  connectionClosed(connection: ClientConnection): void;
}
