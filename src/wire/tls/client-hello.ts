import { alerts } from './alert.ts';
import { type ClientHelloFailure, type ClientHelloMessage, parseClientHello } from './client-hello-message.ts';

/** What the octets received so far amount to. All but `more` are final. */
export type ClientHelloResult =
  | { readonly kind: 'more' }
  | ClientHelloMessage
  | { readonly kind: 'plain-http' }
  | ClientHelloFailure;

const more = Object.freeze({ kind: 'more' });
const plainHttp = Object.freeze({ kind: 'plain-http' });

/** Most octets looked at before a client is refused, record headers included. Real hellos stay below 3 KiB. */
const largestHello = 64 * 1024;
const largestFragment = 2 ** 14;
/** `CONNECT`, `PROPFIND`, …: the longest method worth recognising. */
const longestMethod = 20;

/**
 * Reads the ClientHello at the front of a connection (RFC 8446 sections 4.1.2 and 5.1), however it is cut into chunks and records.
 * Total: any octets give a result, nothing throws. After a final result further chunks are only collected.
 */
export class ClientHelloReader {
  #received: Buffer = Buffer.alloc(0);
  #length = 0;
  /** Where the next record header stands. */
  #record = 0;
  /** Octets of the handshake message in the records before `#record`. */
  #collected = 0;
  #fragments: [start: number, end: number][] = [];
  /** Length of the handshake message with its header, once its first four octets are there. */
  #wanted = 0;
  #result: ClientHelloResult = more;

  /** Everything pushed so far; to be handed to the TLS layer, which reads it again from the start. */
  get received(): Buffer {
    return this.#received.subarray(0, this.#length);
  }

  push(chunk: Buffer): ClientHelloResult {
    this.#append(chunk);
    if (this.#result === more) this.#result = this.#advance();
    return this.#result;
  }

  #append(chunk: Buffer): void {
    if (this.#length === 0) {
      this.#received = chunk;
    } else {
      const length = this.#length + chunk.length;
      if (length > this.#received.length) {
        const grown = Buffer.allocUnsafeSlow(Math.max(length, 2 * this.#received.length));
        this.#received.copy(grown, 0, 0, this.#length);
        this.#received = grown;
      }
      chunk.copy(this.#received, this.#length);
    }
    this.#length += chunk.length;
  }

  #advance(): ClientHelloResult {
    if (this.#length === 0) return more;
    if (this.#received[0] !== 22) return this.#looksLikeHttp();
    for (;;) {
      const early = this.#length - this.#record < 5;
      const refusal = this.#checkHeader();
      if (refusal) return refusal;
      if (early) return more;
      const start = this.#record + 5;
      const end = start + this.#received.readUInt16BE(this.#record + 3);
      if (end > largestHello) return failure(alerts.illegalParameter, 'ClientHello too large');
      const refusedMessage = this.#checkMessageStart(start);
      if (refusedMessage) return refusedMessage;
      if (this.#length < end) return more;
      this.#fragments.push([start, end]);
      this.#collected += end - start;
      this.#record = end;
      const message = this.#message();
      if (message) return parseClientHello(message);
    }
  }

  /** Judges as much of the record header as is there. */
  #checkHeader(): ClientHelloFailure | null {
    const at = this.#record;
    const octets = this.#received;
    const there = this.#length - at;
    if (there > 0 && octets[at] !== 22) return failure(alerts.unexpectedMessage, 'not a handshake record');
    if (there > 1 && octets[at + 1] !== 3) return failure(alerts.protocolVersion, 'not a TLS record');
    if (there < 5) return null;
    const length = octets.readUInt16BE(at + 3);
    if (length === 0) return failure(alerts.unexpectedMessage, 'empty handshake record');
    if (length > largestFragment) return failure(alerts.recordOverflow, 'record longer than 2^14');
    return null;
  }

  /** Refuses another handshake message as soon as its first octet is there, before waiting for the rest. */
  #checkMessageStart(start: number): ClientHelloFailure | null {
    if (this.#collected > 0 || this.#length <= start || this.#received[start] === 1) return null;
    return failure(alerts.unexpectedMessage, 'first handshake message is not a ClientHello');
  }

  /** The body of the ClientHello once all of its fragments are there. */
  #message(): Buffer | null {
    if (this.#collected < 4) return null;
    if (this.#wanted === 0) this.#wanted = 4 + this.#join().readUIntBE(1, 3);
    return this.#collected < this.#wanted ? null : this.#join().subarray(4, this.#wanted);
  }

  #join(): Buffer {
    const pieces = this.#fragments.map(([start, end]) => this.#received.subarray(start, end));
    return pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces);
  }

  #looksLikeHttp(): ClientHelloResult {
    const octets = this.#received;
    for (let at = 0; at < this.#length; at++) {
      const octet = octets[at]!;
      if (octet === 0x20 && at > 2) return plainHttp;
      const letter = (octet >= 0x41 && octet <= 0x5a) || (octet === 0x2d && at > 0);
      if (!letter || at >= longestMethod) return failure(alerts.unexpectedMessage, 'neither TLS nor HTTP');
    }
    return more;
  }
}

function failure(alert: number, reason: string): ClientHelloFailure {
  return { kind: 'failure', alert, reason };
}
