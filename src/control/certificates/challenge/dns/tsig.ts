import { createHmac, timingSafeEqual } from 'node:crypto';
import {
  decodeHeader,
  encodeName,
  encodeRecord,
  recordClasses,
  recordTypes,
  skipName,
  uint16,
  uint32,
} from './message.ts';

/** A shared key of RFC 8945. `secret` is base64, a secret. */
export interface TsigKey {
  readonly name: string;
  readonly secret: string;
  readonly algorithm: 'hmac-sha256' | 'hmac-sha384' | 'hmac-sha512';
}

/** Seconds that clocks may differ. */
const fudge = 300;

function uint48(value: number): Buffer {
  return Buffer.concat([uint16(Math.floor(value / 2 ** 32)), uint32(value % 2 ** 32)]);
}

function digest(key: TsigKey, parts: readonly Buffer[]): Buffer {
  const hmac = createHmac(key.algorithm.slice('hmac-'.length), Buffer.from(key.secret, 'base64'));
  for (const part of parts) hmac.update(part);
  return hmac.digest();
}

/** The variables that are signed beside the message (RFC 8945 section 4.3.3). */
function variables(key: TsigKey, time: number, error: number, other: Buffer): Buffer {
  const name = encodeName(key.name);
  const algorithm = encodeName(key.algorithm);
  const head = [name, uint16(recordClasses.ANY), uint32(0), algorithm, uint48(time), uint16(fudge)];
  return Buffer.concat([...head, uint16(error), uint16(other.length), other]);
}

/** A message with its signature appended, and the MAC that the answer's signature covers. `time` in seconds since 1970. */
export function signMessage(message: Buffer, key: TsigKey, time: number): { signed: Buffer; mac: Buffer } {
  const mac = digest(key, [message, variables(key, time, 0, Buffer.alloc(0))]);
  const data = Buffer.concat([
    encodeName(key.algorithm),
    uint48(time),
    uint16(fudge),
    uint16(mac.length),
    mac,
    message.subarray(0, 2),
    uint16(0),
    uint16(0),
  ]);
  const record = { name: key.name, type: recordTypes.TSIG, class: recordClasses.ANY, ttl: 0, data };
  const signed = Buffer.concat([message, encodeRecord(record)]);
  signed.writeUInt16BE(message.readUInt16BE(10) + 1, 10);
  return { signed, mac };
}

/** Offset of the last record of a message (where its TSIG stands); -1 when the message is damaged or has none. */
function lastRecord(message: Buffer): number {
  const header = decodeHeader(message);
  if (!header || header.counts[3] === 0) return -1;
  let at = 12;
  for (let count = header.counts[0]; count > 0; count--) {
    const end = skipName(message, at);
    if (end < 0) return -1;
    at = end + 4;
  }
  let start = -1;
  for (let count = header.counts[1] + header.counts[2] + header.counts[3]; count > 0; count--) {
    start = at;
    const end = skipName(message, at);
    if (end < 0 || end + 10 > message.length) return -1;
    at = end + 10 + message.readUInt16BE(end + 8);
  }
  return at === message.length ? start : -1;
}

/** Whether an answer was signed with the key, for the request that had `requestMac`. */
export function verifyAnswer(answer: Buffer, key: TsigKey, requestMac: Buffer): boolean {
  const start = lastRecord(answer);
  const nameEnd = start < 0 ? -1 : skipName(answer, start);
  if (nameEnd < 0 || answer.readUInt16BE(nameEnd) !== recordTypes.TSIG) return false;
  const algorithmEnd = skipName(answer, nameEnd + 10);
  if (algorithmEnd < 0 || algorithmEnd + 10 > answer.length) return false;
  const time = answer.readUInt16BE(algorithmEnd) * 2 ** 32 + answer.readUInt32BE(algorithmEnd + 2);
  const macLength = answer.readUInt16BE(algorithmEnd + 8);
  const macEnd = algorithmEnd + 10 + macLength;
  if (macEnd + 6 > answer.length) return false;
  const mac = answer.subarray(algorithmEnd + 10, macEnd);
  const error = answer.readUInt16BE(macEnd + 2);
  const other = answer.subarray(macEnd + 6);
  const message = Buffer.from(answer.subarray(0, start));
  message.writeUInt16BE(answer.readUInt16BE(10) - 1, 10);
  const covered = [uint16(requestMac.length), requestMac, message, variables(key, time, error, other)];
  const wanted = digest(key, covered);
  return mac.length === wanted.length && timingSafeEqual(mac, wanted);
}
