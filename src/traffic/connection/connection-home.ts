import type { Exchange } from '../exchange/exchange.ts';
import type { TrafficContext } from '../exchange/traffic-context.ts';

/** A client connection as the worker sees it. */
export interface ClientConnection {
  /** Closes as soon as no exchange is under way. */
  drain(): void;
  kill(): void;
}

/** Something that gathers output for the end of the turn. */
export interface Flushable {
  flush(): void;
}

/** What client connections need of the worker they live in. */
export interface ConnectionHome {
  readonly context: TrafficContext;
  takeExchange(): Exchange;
  releaseExchange(exchange: Exchange): void;
  /** Calls `flush` once all events of this turn of the event loop have been handled. */
  flushLater(connection: Flushable): void;
  connectionClosed(connection: ClientConnection): void;
}
