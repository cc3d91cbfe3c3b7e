import type { BlockList } from 'node:net';
import type { Limits } from '../../model/limits.ts';
import type { Log } from '../../model/log.ts';
import type { HeadWriter } from '../../wire/http1/head-writer.ts';
import type { Http2Context } from '../../wire/http2/context.ts';
import type { GuardHome } from '../guard/guard-home.ts';
import type { RoutingTable } from '../route/routing-table.ts';
import type { ExchangeRecorder } from './exchange-recorder.ts';
import type { TunnelHome } from './tunnel.ts';

/** Counted since the start. */
export interface ExchangeCounters {
  requests: number;
  /** Requests that the gate answered itself with a 4xx status. */
  refused: number;
  upstreamFailures: number;
}

/** What all exchanges of a worker share. A reload replaces the first five; an exchange takes them at its start. */
export interface TrafficContext extends TunnelHome {
  table: RoutingTable;
  limits: Limits;
  trustedProxies: BlockList | null;
  /** Where HTTPS is reached from outside, for redirects; null when there is no HTTPS listener. */
  httpsPort: number | null;
  /** What HTTP/2 connections share. */
  http2: Http2Context;
  /**
   * The body that answers a CA's question for `/.well-known/acme-challenge/TOKEN` on plain HTTP (RFC 8555 section 8.3);
   * undefined for a token that is not being proven. null when there is nothing to prove at all.
   */
  readonly challengeResponse: ((token: string) => string | undefined) | null;
  readonly writer: HeadWriter;
  readonly log: Log;
  /** null when there is no access log. */
  recorder: ExchangeRecorder | null;
  readonly counters: ExchangeCounters;
  readonly guards: GuardHome;
}
