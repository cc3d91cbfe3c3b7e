/** Alerts with which clients turn a server down, by number (RFC 8446 section 6, RFC 5246 section 7.2). */
const names: Readonly<Record<number, string>> = {
  10: 'unexpected_message',
  20: 'bad_record_mac',
  21: 'decryption_failed',
  40: 'handshake_failure',
  41: 'no_certificate',
  42: 'bad_certificate',
  43: 'unsupported_certificate',
  44: 'certificate_revoked',
  45: 'certificate_expired',
  46: 'certificate_unknown',
  47: 'illegal_parameter',
  48: 'unknown_ca',
  49: 'access_denied',
  50: 'decode_error',
  51: 'decrypt_error',
  70: 'protocol_version',
  71: 'insufficient_security',
  80: 'internal_error',
  86: 'inappropriate_fallback',
  90: 'user_canceled',
  109: 'missing_extension',
  112: 'unrecognized_name',
  113: 'bad_certificate_status_response',
  116: 'certificate_required',
};

/** The alert of the client that OpenSSL tells of in an error; null when it tells of something else. */
export function alertOf(error: Error): string | null {
  const number = /SSL alert number (\d+)/.exec(error.message)?.[1];
  return number === undefined ? null : (names[Number(number)] ?? `alert ${number}`);
}
