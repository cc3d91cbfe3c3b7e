/**
 * What a reader of bytes says when it has no message yet: 0 asks for more bytes, a negative number is a failure.
 * Positive numbers are offsets just behind what was read. Plain numbers, because this is the hottest code there is.
 */
export const needMore = 0;

/** Why bytes are not a message. Each has a text in {@link failureTexts}. */
export const failure = {
  badRequestLine: -1,
  badMethod: -2,
  badTarget: -3,
  badVersion: -4,
  unsupportedVersion: -5,
  bareLineFeed: -6,
  bareCarriageReturn: -7,
  obsoleteFold: -8,
  badFieldName: -9,
  badFieldValue: -10,
  tooManyFields: -11,
  headTooLarge: -12,
  targetTooLong: -13,
  missingHost: -14,
  severalHosts: -15,
  badHost: -16,
  hostDisagrees: -17,
  badContentLength: -18,
  severalContentLengths: -19,
  lengthAndCoding: -20,
  badTransferCoding: -21,
  codingInOldVersion: -22,
  badChunkSize: -23,
  badChunkEnd: -24,
  chunkExtensionTooLong: -25,
  badStatusLine: -26,
  badConnectionField: -27,
  unexpectedUpgrade: -28,
} as const;

/** One plain sentence for each failure, for error pages and the log. */
export const failureTexts: Readonly<Record<number, string>> = {
  [failure.badRequestLine]: 'The request line is malformed.',
  [failure.badMethod]: 'The method is not a token.',
  [failure.badTarget]: 'The request target is malformed.',
  [failure.badVersion]: 'The HTTP version is malformed.',
  [failure.unsupportedVersion]: 'This HTTP version is not spoken here.',
  [failure.bareLineFeed]: 'A line ends in LF alone.',
  [failure.bareCarriageReturn]: 'A CR stands outside a line end.',
  [failure.obsoleteFold]: 'A field is folded over several lines.',
  [failure.badFieldName]: 'A field name is malformed.',
  [failure.badFieldValue]: 'A field value has a control character.',
  [failure.tooManyFields]: 'There are too many fields.',
  [failure.headTooLarge]: 'The head is too large.',
  [failure.targetTooLong]: 'The request target is too long.',
  [failure.missingHost]: 'The Host field is missing.',
  [failure.severalHosts]: 'There is more than one Host field.',
  [failure.badHost]: 'The Host field is malformed.',
  [failure.hostDisagrees]: 'The request target and the Host field disagree.',
  [failure.badContentLength]: 'The Content-Length is malformed.',
  [failure.severalContentLengths]: 'There is more than one Content-Length.',
  [failure.lengthAndCoding]: 'Content-Length and Transfer-Encoding exclude each other.',
  [failure.badTransferCoding]: 'The only transfer coding spoken here is chunked, once.',
  [failure.codingInOldVersion]: 'HTTP/1.0 has no Transfer-Encoding.',
  [failure.badChunkSize]: 'A chunk size is malformed.',
  [failure.badChunkEnd]: 'A chunk does not end where its size says.',
  [failure.chunkExtensionTooLong]: 'The chunk extensions are too long.',
  [failure.badStatusLine]: 'The status line is malformed.',
  [failure.badConnectionField]: 'The Connection field is malformed.',
  [failure.unexpectedUpgrade]: 'The protocol was switched without being asked to.',
};

/** Status for a request that failed to be read (RFC 9110 §15.5, RFC 6585 §5). */
export function failureStatus(code: number): number {
  if (code === failure.headTooLarge || code === failure.tooManyFields) return 431;
  if (code === failure.targetTooLong) return 414;
  if (code === failure.unsupportedVersion) return 505;
  return 400;
}
