import { alerts } from './alert.ts';
import { normaliseServerName } from './server-name.ts';

/** What a ClientHello offers, as far as a server has to know before it answers. */
export interface ClientHelloMessage {
  readonly kind: 'hello';
  /** From server_name (RFC 6066 section 3), normalised; '' when the client sent none. */
  readonly serverName: string;
  /** Protocols in the client's order (RFC 7301), as latin1; empty when the client sent none. */
  readonly alpn: readonly string[];
  /** From supported_versions, else the legacy version alone; 0x0304 is TLS 1.3. */
  readonly supportedVersions: readonly number[];
  /** Code points in the client's order; empty when the client sent none. */
  readonly signatureAlgorithms: readonly number[];
  /** Tickets offered for resumption: of session_ticket (RFC 5077) and the identities of pre_shared_key (RFC 8446 section 4.2.11). */
  readonly tickets: readonly Buffer[];
}

/** The octets cannot be served; `alert` is the description to answer with. */
export interface ClientHelloFailure {
  readonly kind: 'failure';
  readonly alert: number;
  readonly reason: string;
}

/** A length or value that does not fit; caught in {@link parseClientHello}, never seen outside. */
class Malformed extends Error {
  readonly alert: number;
  constructor(reason: string, alert: number = alerts.decodeError) {
    super(reason);
    this.alert = alert;
  }
}

/** Walks a piece of a message; every read is checked against the piece's end. */
class Cursor {
  readonly #octets: Buffer;
  #at = 0;
  constructor(octets: Buffer) {
    this.#octets = octets;
  }
  get done(): boolean {
    return this.#at === this.#octets.length;
  }
  number(width: 1 | 2): number {
    const octets = this.take(width);
    return width === 1 ? octets[0]! : octets.readUInt16BE(0);
  }
  take(length: number): Buffer {
    const end = this.#at + length;
    if (end > this.#octets.length) throw new Malformed('a length points past the end');
    const piece = this.#octets.subarray(this.#at, end);
    this.#at = end;
    return piece;
  }
  /** A vector with a length prefix of `width` octets. */
  vector(width: 1 | 2, least: number): Buffer {
    const piece = this.take(this.number(width));
    if (piece.length < least) throw new Malformed('a vector is shorter than allowed');
    return piece;
  }
  end(): void {
    if (!this.done) throw new Malformed('octets after the end');
  }
}

const extension = {
  serverName: 0,
  signatureAlgorithms: 13,
  alpn: 16,
  sessionTicket: 35,
  preSharedKey: 41,
  supportedVersions: 43,
};

/** Reads the body of a ClientHello, without the handshake header (RFC 8446 section 4.1.2). Never throws. */
export function parseClientHello(body: Buffer): ClientHelloMessage | ClientHelloFailure {
  try {
    return read(new Cursor(body));
  } catch (error) {
    if (error instanceof Malformed) return { kind: 'failure', alert: error.alert, reason: error.message };
    return { kind: 'failure', alert: alerts.internalError, reason: 'unreadable ClientHello' };
  }
}

function read(hello: Cursor): ClientHelloMessage {
  const legacyVersion = hello.number(2);
  hello.take(32);
  if (hello.vector(1, 0).length > 32) throw new Malformed('session id longer than 32 octets');
  if (hello.vector(2, 2).length % 2 !== 0) throw new Malformed('odd cipher suite list');
  hello.vector(1, 1);
  const extensions = hello.done ? new Map<number, Buffer>() : readExtensions(new Cursor(hello.vector(2, 0)));
  hello.end();
  const piece = (type: number): Cursor | null => {
    const octets = extensions.get(type);
    return octets === undefined ? null : new Cursor(octets);
  };
  return {
    kind: 'hello',
    serverName: readServerName(piece(extension.serverName)),
    alpn: readAlpn(piece(extension.alpn)),
    supportedVersions: readVersions(piece(extension.supportedVersions), legacyVersion),
    signatureAlgorithms: readNumbers(piece(extension.signatureAlgorithms)),
    tickets: readTickets(extensions.get(extension.sessionTicket), piece(extension.preSharedKey)),
  };
}

function readExtensions(list: Cursor): Map<number, Buffer> {
  const extensions = new Map<number, Buffer>();
  while (!list.done) {
    const type = list.number(2);
    if (extensions.has(type)) throw new Malformed('an extension occurs twice', alerts.illegalParameter);
    extensions.set(type, list.vector(2, 0));
  }
  return extensions;
}

/** One host_name and nothing else, as every implementation understands RFC 6066 section 3. */
function readServerName(field: Cursor | null): string {
  if (field === null) return '';
  const list = new Cursor(field.vector(2, 1));
  field.end();
  if (list.number(1) !== 0) throw new Malformed('server name of unknown type');
  const octets = list.vector(2, 1);
  list.end();
  const name = normaliseServerName(octets);
  if (name === null) throw new Malformed('server name is not a host name', alerts.unrecognizedName);
  return name;
}

function readAlpn(field: Cursor | null): string[] {
  if (field === null) return [];
  const list = new Cursor(field.vector(2, 2));
  field.end();
  const names: string[] = [];
  while (!list.done) names.push(list.vector(1, 1).toString('latin1'));
  return names;
}

function readVersions(field: Cursor | null, legacyVersion: number): number[] {
  if (field === null) return [legacyVersion];
  const versions = numbersOf(field.vector(1, 2));
  field.end();
  return versions;
}

function readNumbers(field: Cursor | null): number[] {
  if (field === null) return [];
  const numbers = numbersOf(field.vector(2, 2));
  field.end();
  return numbers;
}

function numbersOf(octets: Buffer): number[] {
  const numbers: number[] = [];
  const list = new Cursor(octets);
  while (!list.done) numbers.push(list.number(2));
  return numbers;
}

function readTickets(sessionTicket: Buffer | undefined, preSharedKey: Cursor | null): Buffer[] {
  const tickets: Buffer[] = sessionTicket?.length ? [sessionTicket] : [];
  if (preSharedKey === null) return tickets;
  const identities = new Cursor(preSharedKey.vector(2, 7));
  while (!identities.done) {
    tickets.push(identities.vector(2, 1));
    identities.take(4);
  }
  preSharedKey.vector(2, 33);
  preSharedKey.end();
  return tickets;
}
