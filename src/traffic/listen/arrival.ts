import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { Site } from '../../model/site.ts';
import { alerts, fatalAlert } from '../../wire/tls/alert.ts';
import { ClientHelloReader } from '../../wire/tls/client-hello.ts';
import type { ClientHelloMessage } from '../../wire/tls/client-hello-message.ts';
import type { AcceptedConnection } from '../exchange/accepted-connection.ts';
import { trustId } from '../shown-certificate.ts';
import type { ConnectionFacts } from './connection-facts.ts';
import { plainHttpAnswer } from './plain-http-answer.ts';
import { readShownCertificate } from './shown-certificate.ts';

/** Where an arrival's handshake goes once its ClientHello is known. */
export type Handover =
  | {
      readonly kind: 'site' | 'challenge';
      readonly site: Site | null;
      readonly server: { emit(event: 'connection', socket: Socket): boolean };
    }
  | { readonly kind: 'refuse'; readonly alert: number; readonly reason: string };

/** Why an arrival did not become a connection. */
export interface ArrivalFailure {
  readonly kind: 'refused-name' | 'plain-http' | 'handshake';
  readonly reason: string;
}

/** What an arrival asks of, and reports to, the port it came in by. */
export interface ArrivalHost {
  handover(hello: ClientHelloMessage, localAddress: string): Handover;
  /** Called just before the socket is given to the TLS server. */
  handedOver(arrival: Arrival): void;
  /** Called once at most, never after the handshake is finished. */
  failed(arrival: Arrival, failure: ArrivalFailure): void;
}

/** How long a refused client may take to read what it was told. */
const lingerTime = 1000;

/**
 * A TCP connection on the HTTPS port, from accept to finished handshake.
 *
 *     peeking ──hello──> shaking ──finished──> done
 *        │                  └────error, close, time──> failed
 *        ├──plain HTTP, alert──> refused ──close, linger time──> (gone)
 *        └──close, time──> failed
 */
export class Arrival {
  readonly raw: Socket;
  readonly facts: ConnectionFacts;
  serverName = '';
  site: Site | null = null;
  isChallenge = false;
  #state: 'peeking' | 'shaking' | 'done' | 'failed' | 'refused' = 'peeking';
  readonly #host: ArrivalHost;
  /** null when it has read the hello. */
  #reader: ClientHelloReader | null = new ClientHelloReader();
  #timer: NodeJS.Timeout | undefined;

  constructor(raw: Socket, facts: ConnectionFacts, host: ArrivalHost) {
    this.raw = raw;
    this.facts = facts;
    this.#host = host;
  }

  /** Begins to read; the whole handshake may take `timeout` milliseconds, 0 for any time. */
  start(timeout: number): void {
    if (timeout > 0) this.#timer = setTimeout(this.#onTimeout, timeout);
    this.raw.on('data', this.#onData);
    this.raw.on('end', this.#onEnd);
    this.raw.on('close', this.#onClose);
  }

  /** The handshake is finished. */
  done(): void {
    clearTimeout(this.#timer);
    this.raw.off('close', this.#onClose);
    this.#state = 'done';
  }

  /** Gives up: what is left of the connection is dropped. */
  fail(reason: string): void {
    this.#report({ kind: 'handshake', reason });
    this.raw.destroy();
  }

  /** On the HTTP port: ready as it is. */
  plain(): AcceptedConnection {
    return {
      ...this.#common(),
      socket: this.raw,
      secure: false,
      protocol: 'http/1.1',
      tlsVersion: '',
      clientCertificate: null,
      cipher: '',
    };
  }

  /** Ready on top of the finished handshake. */
  secured(socket: TLSSocket): AcceptedConnection {
    const trust = this.site?.clientTrust;
    return {
      ...this.#common(),
      socket,
      secure: true,
      protocol: socket.alpnProtocol === 'h2' ? 'h2' : 'http/1.1',
      tlsVersion: socket.getProtocol() ?? '',
      clientCertificate: trust === undefined ? null : readShownCertificate(socket, trustId(trust)),
      cipher: socket.getCipher().name,
    };
  }

  #common() {
    const { raw, site, serverName, facts } = this;
    return { raw, site, serverName, ...facts };
  }

  readonly #onTimeout = (): void => this.fail('took too long');
  readonly #onEnd = (): void => this.fail('closed by the client');
  readonly #onClose = (): void => {
    clearTimeout(this.#timer);
    this.#report({ kind: 'handshake', reason: 'closed by the client' });
  };

  readonly #onData = (chunk: Buffer): void => {
    if (this.#state !== 'peeking') return;
    const reader = this.#reader!;
    const result = reader.push(chunk);
    if (result.kind === 'more') return;
    if (result.kind === 'hello') this.#onHello(result, reader.received);
    else if (result.kind === 'plain-http') this.#onPlainHttp(reader.received);
    else this.#refuse(result.alert, result.reason);
  };

  /** `received`: all that has come so far. */
  #onHello(hello: ClientHelloMessage, received: Buffer): void {
    this.serverName = hello.serverName;
    const handover = this.#host.handover(hello, this.facts.localAddress);
    if (handover.kind === 'refuse') {
      this.#refuse(handover.alert, handover.reason);
      return;
    }
    const { raw } = this;
    this.#state = 'shaking';
    this.site = handover.site;
    this.isChallenge = handover.kind === 'challenge';
    raw.off('data', this.#onData);
    raw.off('end', this.#onEnd);
    raw.pause();
    this.#reader = null;
    raw.unshift(received);
    // A client that closes its side before the handshake is done will never finish it; afterwards half-open is right again.
    raw.allowHalfOpen = false;
    this.#host.handedOver(this);
    handover.server.emit('connection', raw);
  }

  #onPlainHttp(received: Buffer): void {
    const answer = plainHttpAnswer(received, this.facts.localPort);
    if (answer === null) return;
    this.#report({ kind: 'plain-http', reason: 'plain HTTP on the HTTPS port' });
    this.#sayLast(answer);
  }

  #refuse(alert: number, reason: string): void {
    this.#report({ kind: alert === alerts.unrecognizedName ? 'refused-name' : 'handshake', reason });
    this.#sayLast(fatalAlert(alert));
  }

  /** Sends the last words and waits a little for the client to close, because closing with unread input would reset the connection and lose them. */
  #sayLast(words: Buffer): void {
    this.#state = 'refused';
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.raw.destroy(), lingerTime);
    this.raw.off('end', this.#onEnd);
    this.raw.end(words);
  }

  #report(failure: ArrivalFailure): void {
    if (this.#state !== 'peeking' && this.#state !== 'shaking') return;
    this.#state = 'failed';
    clearTimeout(this.#timer);
    this.#host.failed(this, failure);
  }
}
