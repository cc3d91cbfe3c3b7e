import { fieldId } from '../../wire/http1/field-names.ts';
import { AccessRecord } from '../record/access-record.ts';
import type { AccessLog } from '../record/logs.ts';
import type { AcceptedConnection } from './accepted-connection.ts';
import type { ExchangeFacts } from './exchange-facts.ts';

/** Turns finished exchanges into records of the access log. */
export class ExchangeRecorder {
  readonly #log: AccessLog;
  readonly #record = new AccessRecord();

  constructor(log: AccessLog) {
    this.#log = log;
  }

  /** Call while `exchange.client` is still set. */
  exchange(exchange: ExchangeFacts): void {
    const { request, client, view } = exchange;
    if (client === null) return;
    const record = this.#begin(client.connection, exchange.startedAt);
    record.remoteAddress = exchange.clientAddress;
    if (exchange.user !== '') record.user = exchange.user;
    record.method = request.method;
    record.target = request.target;
    record.httpVersion = request.version;
    record.status = exchange.status;
    record.requestBytes = exchange.requestBytes;
    record.responseBytes = exchange.responseBytes;
    record.referer = request.fields.get(fieldId.referer) ?? '';
    record.userAgent = request.fields.get(fieldId['user-agent']) ?? '';
    record.host = view?.host ?? '';
    record.site = view?.site?.site.name ?? '';
    record.upstream = exchange.upstreamName;
    record.requestId = exchange.id;
    record.upstreamMs = exchange.answeredAt === 0 ? -1 : exchange.answeredAt - exchange.startedAt;
    this.#log.record(record);
  }

  /** A request that could not be read. */
  unread(connection: AcceptedConnection, status: number, requestId: string, responseBytes: number): void {
    const record = this.#begin(connection, Date.now());
    record.status = status;
    record.requestId = requestId;
    record.responseBytes = responseBytes;
    this.#log.record(record);
  }

  #begin(connection: AcceptedConnection, time: number): AccessRecord {
    const record = this.#record;
    record.reset();
    record.time = time;
    record.durationMs = Math.max(0, Date.now() - time);
    record.remoteAddress = connection.remoteAddress;
    record.tlsVersion = connection.tlsVersion;
    record.protocol = connection.protocol;
    return record;
  }
}
