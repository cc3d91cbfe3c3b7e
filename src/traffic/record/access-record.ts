/**
 * What the access log says about one exchange. Made once a connection and filled anew for each exchange: all fields
 * are always there. Strings from the client are as read from the wire, one octet a character; nothing has to be escaped. '' means unknown.
 */
export class AccessRecord {
  /** Wall-clock milliseconds: when the request head was complete. */
  time = 0;
  remoteAddress = '';
  /** The authenticated user; `-` for none. */
  user = '-';
  /** '' when no request line could be read. */
  method = '';
  target = '';
  /** `1.1`, `1.0`, `2`. */
  httpVersion = '1.1';
  status = 0;
  /** Octets of the response's content, without head and framing. */
  responseBytes = 0;
  requestBytes = 0;
  referer = '';
  userAgent = '';
  host = '';
  /** Name of the site; '' when none was found. */
  site = '';
  /** Name of the app asked; '' when Sallyport answered itself. */
  upstream = '';
  requestId = '';
  /** `TLSv1.3`; '' on the HTTP port. */
  tlsVersion = '';
  /** Complete request head to the last octet of the response given to the socket, milliseconds. */
  durationMs = 0;
  /** Request passed on to first octet of the app's answer, milliseconds; -1 when no app answered. */
  upstreamMs = -1;
  /** As negotiated: `http/1.1`, `h2`. */
  protocol = 'http/1.1';

  /** Forgets the last exchange; what belongs to the connection (address, TLS version, protocol) stays. */
  reset(): void {
    this.time = 0;
    this.user = '-';
    this.method = '';
    this.target = '';
    this.httpVersion = '1.1';
    this.status = 0;
    this.responseBytes = 0;
    this.requestBytes = 0;
    this.referer = '';
    this.userAgent = '';
    this.host = '';
    this.site = '';
    this.upstream = '';
    this.requestId = '';
    this.durationMs = 0;
    this.upstreamMs = -1;
  }
}
