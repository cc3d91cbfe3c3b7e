import type { AccessRecord } from './access-record.ts';
import { escapeField, jsonString, rememberLast } from './escape.ts';
import { localTimestamp, utcTimestamp } from './timestamp.ts';

function orDash(text: string): string {
  return text === '' ? '-' : escapeField(text);
}

/** A name must stay one word, or whoever logs in with a space in it writes further fields of the line. */
function userWord(text: string): string {
  return orDash(text).replaceAll(' ', '\\x20');
}

const refererField = rememberLast(orDash);
const userAgentField = rememberLast(orDash);
const addressField = rememberLast(orDash);

/** The `combined` format of Apache and nginx, octet for octet as nginx writes it. */
export function combinedLine(record: AccessRecord): string {
  const { method } = record;
  const request =
    method === ''
      ? '-'
      : `${escapeField(method)} ${escapeField(record.target)} HTTP/${escapeField(record.httpVersion)}`;
  return `${addressField(record.remoteAddress)} - ${userWord(record.user)} [${localTimestamp(record.time)}] "${request}" ${
    record.status
  } ${record.responseBytes} "${refererField(record.referer)}" "${userAgentField(record.userAgent)}"\n`;
}

const refererMember = rememberLast(text);
const userAgentMember = rememberLast(text);
const hostMember = rememberLast(text);
const siteMember = rememberLast(text);
const upstreamMember = rememberLast(text);
const remoteAddressMember = rememberLast(text);
const protocolMember = rememberLast(text);
const tlsVersionMember = rememberLast(text);
const methodMember = rememberLast(text);

/** One JSON object a line, always the same members; null where nothing is known. Times are UTC, durations milliseconds. */
export function jsonLine(record: AccessRecord): string {
  return (
    `{"time":"${utcTimestamp(record.time)}","requestId":${text(record.requestId)},"remoteAddress":${remoteAddressMember(record.remoteAddress)},` +
    `"user":${record.user === '-' ? 'null' : text(record.user)},"method":${methodMember(record.method)},"target":${text(record.target)},` +
    `"protocol":${protocolMember(record.protocol)},"httpVersion":${text(record.httpVersion)},"host":${hostMember(record.host)},` +
    `"status":${record.status},"requestBytes":${record.requestBytes},"responseBytes":${record.responseBytes},` +
    `"durationMs":${milliseconds(record.durationMs)},"upstreamMs":${milliseconds(record.upstreamMs)},` +
    `"site":${siteMember(record.site)},"upstream":${upstreamMember(record.upstream)},"tlsVersion":${tlsVersionMember(record.tlsVersion)},` +
    `"referer":${refererMember(record.referer)},"userAgent":${userAgentMember(record.userAgent)}}\n`
  );
}

function text(value: string): string {
  return value === '' ? 'null' : jsonString(value);
}

/** To the microsecond. Put together from whole numbers, which is faster than printing a fraction. */
function milliseconds(value: number): string {
  if (!(value >= 0)) return 'null';
  const microseconds = Math.round(value * 1000);
  const rest = microseconds % 1000;
  return `${(microseconds - rest) / 1000}.${rest < 10 ? '00' : rest < 100 ? '0' : ''}${rest}`;
}
