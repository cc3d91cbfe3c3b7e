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
  #at: number;
  readonly #end: number;

  constructor(octets: Buffer, start: number, end: number) {
    this.#octets = octets;
    this.#at = start;
    this.#end = end;
  }

  get left(): number {
    return this.#end - this.#at;
  }

  number(width: 1 | 2): number {
    const at = this.skip(width);
    return width === 1 ? this.#octets[at]! : (this.#octets[at]! << 8) | this.#octets[at + 1]!;
  }

  /** Where the skipped octets begin. */
  skip(length: number): number {
    const at = this.#at;
    if (length > this.#end - at) throw new Malformed('a length points past the end');
    this.#at = at + length;
    return at;
  }

  /** A vector with a length prefix of `width` octets. */
  vector(width: 1 | 2, least: number): Cursor {
    const length = this.number(width);
    if (length < least) throw new Malformed('a vector is shorter than allowed');
    const at = this.skip(length);
    return new Cursor(this.#octets, at, at + length);
  }

  rest(): Buffer {
    const at = this.skip(this.left);
    return this.#octets.subarray(at, this.#end);
  }

  numbers(): number[] {
    const numbers: number[] = [];
    while (this.left > 0) numbers.push(this.number(2));
    return numbers;
  }

  end(): void {
    if (this.left > 0) throw new Malformed('octets after the end');
  }
}

const extensionType = {
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
    return read(new Cursor(body, 0, body.length));
  } catch (error) {
    if (error instanceof Malformed) return { kind: 'failure', alert: error.alert, reason: error.message };
    return { kind: 'failure', alert: alerts.internalError, reason: 'unreadable ClientHello' };
  }
}

function read(hello: Cursor): ClientHelloMessage {
  const legacyVersion = hello.number(2);
  hello.skip(32);
  if (hello.vector(1, 0).left > 32) throw new Malformed('session id longer than 32 octets');
  if (hello.vector(2, 2).left % 2 !== 0) throw new Malformed('odd cipher suite list');
  hello.vector(1, 1);
  const offers: Offers = {
    serverName: '',
    alpn: [],
    supportedVersions: [legacyVersion],
    signatureAlgorithms: [],
    tickets: [],
  };
  if (hello.left > 0) readExtensions(hello.vector(2, 0), offers);
  hello.end();
  return { kind: 'hello', ...offers };
}

type Offers = {
  -readonly [Key in Exclude<keyof ClientHelloMessage, 'kind'>]: ClientHelloMessage[Key];
};

function readExtensions(list: Cursor, offers: Offers): void {
  const seen = new Set<number>();
  while (list.left > 0) {
    const type = list.number(2);
    const field = list.vector(2, 0);
    if (seen.size === seen.add(type).size) throw new Malformed('an extension occurs twice', alerts.illegalParameter);
    if (readExtension(type, field, offers)) field.end();
  }
}

/** Whether the type is known; then the whole field has to be used up. */
function readExtension(type: number, field: Cursor, offers: Offers): boolean {
  switch (type) {
    case extensionType.serverName:
      offers.serverName = readServerName(field.vector(2, 1));
      return true;
    case extensionType.signatureAlgorithms:
      offers.signatureAlgorithms = field.vector(2, 2).numbers();
      return true;
    case extensionType.alpn:
      offers.alpn = readAlpn(field.vector(2, 2));
      return true;
    case extensionType.supportedVersions:
      offers.supportedVersions = field.vector(1, 2).numbers();
      return true;
    case extensionType.sessionTicket:
      if (field.left > 0) offers.tickets = [...offers.tickets, field.rest()];
      return true;
    case extensionType.preSharedKey:
      offers.tickets = [...offers.tickets, ...readIdentities(field.vector(2, 7))];
      field.vector(2, 33);
      return true;
    default:
      return false;
  }
}

/** One host_name and nothing else, as every implementation understands RFC 6066 section 3. */
function readServerName(list: Cursor): string {
  if (list.number(1) !== 0) throw new Malformed('server name of unknown type');
  const name = normaliseServerName(list.vector(2, 1).rest());
  list.end();
  if (name === null) throw new Malformed('server name is not a host name', alerts.unrecognizedName);
  return name;
}

function readAlpn(list: Cursor): string[] {
  const names: string[] = [];
  while (list.left > 0) names.push(list.vector(1, 1).rest().toString('latin1'));
  return names;
}

function readIdentities(list: Cursor): Buffer[] {
  const identities: Buffer[] = [];
  while (list.left > 0) {
    identities.push(list.vector(2, 1).rest());
    list.skip(4);
  }
  return identities;
}
