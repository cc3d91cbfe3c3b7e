import { fieldId } from '../../wire/http1/field-names.ts';
import { readHost } from '../../wire/http1/host-field.ts';
import { methodName, type RequestHead } from '../../wire/http1/request-head.ts';
import type { FieldSection } from '../../wire/http2/fields/field-section.ts';
import { KnownName } from '../../wire/http2/fields/known-names.ts';
import { copyFields } from '../field-copies.ts';

const questionMark = 0x3f;

/**
 * Gives the head of an HTTP/2 request the form that exchanges work on (RFC 9113 §8.3.1). `ended`: it has no body.
 * Returns false when its host is not one.
 */
export function readHttp2Request(section: FieldSection, ended: boolean, head: RequestHead): boolean {
  const { fields } = head;
  copyFields(section, fields);
  const { pseudo } = section;
  head.majorVersion = 2;
  head.minorVersion = 1;
  head.method = methodOf(section);
  head.targetStart = pseudo[2 * KnownName.PATH]!;
  head.targetEnd = pseudo[2 * KnownName.PATH + 1]!;
  head.pathEnd = pathEndOf(fields.bytes, head.targetStart, head.targetEnd);
  head.upgradeProtocol = section.isConnect ? section.pseudoText(KnownName.PROTOCOL) : '';
  head.upgrade = head.upgradeProtocol !== '';
  // A tunnel's bytes are no body.
  head.contentLength = head.upgrade ? -1 : section.contentLength;
  head.chunked = !ended && !head.upgrade && section.contentLength < 0;
  head.keepAlive = true;
  head.connectionNamesFields = false;
  head.hasVia = fields.find(fieldId.via) >= 0;
  const expect = fields.find(fieldId.expect);
  head.expectContinue = expect >= 0 && fields.value(expect).toLowerCase() === '100-continue';
  const host = fields.find(fieldId.host);
  if (host < 0) return false;
  head.hostStart = fields.valueStart(host);
  head.hostEnd = fields.valueEnd(host);
  head.hostNameEnd = readHost(fields.bytes, head.hostStart, head.hostEnd);
  return head.hostNameEnd >= 0;
}

function pathEndOf(bytes: Buffer, start: number, end: number): number {
  let at = start;
  while (at < end && bytes[at] !== questionMark) at++;
  return at;
}

/** An extended CONNECT is, to the app, a GET that asks for an upgrade (RFC 8441 §5). */
function methodOf(section: FieldSection): string {
  const { bytes, pseudo } = section;
  const method = methodName(bytes, pseudo[2 * KnownName.METHOD]!, pseudo[2 * KnownName.METHOD + 1]!);
  return method === 'CONNECT' && pseudo[2 * KnownName.PROTOCOL] !== 0 ? 'GET' : method;
}
