import { fieldId } from '../../wire/http1/field-names.ts';
import type { FieldTable } from '../../wire/http1/field-table.ts';
import { readHost } from '../../wire/http1/host-field.ts';
import type { RequestHead } from '../../wire/http1/request-head.ts';
import type { FieldSection } from '../../wire/http2/fields/field-section.ts';
import { KnownName } from '../../wire/http2/fields/known-names.ts';

const questionMark = 0x3f;

/** Copies the fields of a section, which is overwritten by the next, into a table with memory of its own. */
export function copyFields(section: FieldSection, table: FieldTable): void {
  if (table.store.length < section.end) table.store = Buffer.allocUnsafeSlow(Math.max(1024, section.end * 2));
  section.copyTo(table, table.store, 0);
}

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
  const query = fields.bytes.subarray(0, head.targetEnd).indexOf(questionMark, head.targetStart);
  head.pathEnd = query < 0 ? head.targetEnd : query;
  head.upgradeProtocol = section.isConnect ? section.pseudoText(KnownName.PROTOCOL) : '';
  head.upgrade = head.upgradeProtocol !== '';
  // A tunnel's bytes are no body.
  head.contentLength = head.upgrade ? -1 : section.contentLength;
  head.chunked = !ended && !head.upgrade && section.contentLength < 0;
  head.keepAlive = true;
  head.connectionNamesFields = false;
  const expect = fields.find(fieldId.expect);
  head.expectContinue = expect >= 0 && fields.value(expect).toLowerCase() === '100-continue';
  const host = fields.find(fieldId.host);
  if (host < 0) return false;
  head.hostStart = fields.valueStart(host);
  head.hostEnd = fields.valueEnd(host);
  head.hostNameEnd = readHost(fields.bytes, head.hostStart, head.hostEnd);
  return head.hostNameEnd >= 0;
}

/** An extended CONNECT is, to the app, a GET that asks for an upgrade (RFC 8441 §5). */
function methodOf(section: FieldSection): string {
  const method = section.pseudoText(KnownName.METHOD);
  return method === 'CONNECT' && section.pseudo[2 * KnownName.PROTOCOL] !== 0 ? 'GET' : method;
}
