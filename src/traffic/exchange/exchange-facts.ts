import { RequestHead } from '../../wire/http1/request-head.ts';
import type { CompiledRoute } from '../route/routing-table.ts';
import type { ClientStream } from './client-stream.ts';
import type { HostView } from './host-view.ts';
import { nextRequestId } from './request-id.ts';

/** What is known of one request and its response, for records, logs and error pages. The exchange fills it, again and again. */
export abstract class ExchangeFacts {
  /** Filled by the client's side. */
  readonly request: RequestHead;
  /** Milliseconds since 1970 of the request head; only kept when there is an access log. */
  startedAt = 0;
  /** The same of the app's response head; 0 when there was none. */
  answeredAt = 0;
  /** Status of the response, 0 while there is none. */
  status = 0;
  requestBytes = 0;
  responseBytes = 0;
  clientAddress = '';
  view: HostView | null = null;
  route: CompiledRoute | null = null;
  /** Name of the target that was asked; '' when the gate answered itself. */
  upstreamName = '';
  requestSent = false;
  #id = '';

  constructor(headFields: number) {
    this.request = new RequestHead(headFields);
  }

  /** null when the exchange has ended. */
  abstract get client(): ClientStream | null;

  /** Who the guards found it to be; '' when nobody asked. */
  abstract get user(): string;

  /** Names this exchange in error pages and logs. */
  get id(): string {
    if (this.#id === '') this.#id = nextRequestId();
    return this.#id;
  }

  get toHead(): boolean {
    return this.request.method === 'HEAD';
  }

  /** For a line in the error log. */
  protected get logFacts(): Record<string, string> {
    return {
      request: this.id,
      client: this.clientAddress,
      host: this.view?.host ?? '',
      method: this.request.method,
      target: this.request.target,
    };
  }

  /** Forgets the exchange before; {@link request} is the new one's already. */
  protected restart(): void {
    this.answeredAt = 0;
    this.status = 0;
    this.requestBytes = 0;
    this.responseBytes = 0;
    this.view = null;
    this.route = null;
    this.upstreamName = '';
    this.requestSent = !this.request.hasBody;
    this.#id = '';
  }
}
