import type { Exchange } from '../exchange/exchange.ts';
import type { TrafficContext } from '../exchange/traffic-context.ts';
import type { Http1Connection } from './http1-connection.ts';

/** What client connections need of the worker they live in. */
export interface ConnectionHome {
  readonly context: TrafficContext;
  takeExchange(): Exchange;
  releaseExchange(exchange: Exchange): void;
  connectionClosed(connection: Http1Connection): void;
}
