/** Alert descriptions of RFC 8446 section 6 and RFC 6066 section 3 that Sallyport itself sends. */
export const alerts = Object.freeze({
  unexpectedMessage: 10,
  recordOverflow: 22,
  handshakeFailure: 40,
  illegalParameter: 47,
  decodeError: 50,
  protocolVersion: 70,
  internalError: 80,
  unrecognizedName: 112,
  noApplicationProtocol: 120,
});

/**
 * A whole record with a fatal alert, unencrypted: what a server may send before the handshake has keys
 * (RFC 8446 sections 5.1 and 6). Every client understands the record version of TLS 1.2.
 */
export function fatalAlert(description: number): Buffer {
  return Buffer.from([21, 3, 3, 0, 2, 2, description]);
}
