import { randomInt } from 'node:crypto';
import { connect } from 'node:net';
import { describeError } from '../../../../model/errors.ts';
import { ChallengeError } from '../solver.ts';
import {
  decodeHeader,
  encodeHeader,
  encodeName,
  encodeRecord,
  recordClasses,
  recordTypes,
  textData,
  uint16,
} from './message.ts';
import type { DnsProvider } from './provider.ts';
import { signMessage, type TsigKey, verifyAnswer } from './tsig.ts';

export interface Rfc2136Settings {
  readonly host: string;
  readonly port: number;
  /** The zone that is updated; absolute, without a trailing dot. */
  readonly zone: string;
  readonly key: TsigKey;
  readonly ttl?: number;
}

const updateOpcode = 5 << 11;
const timeout = 10_000;

const answers: Record<number, readonly [string, string]> = {
  1: ['FORMERR: the server did not understand the update', ''],
  2: ['SERVFAIL: the server could not do it', ''],
  5: ['REFUSED', 'allow updates of the zone for this key'],
  6: ['YXDOMAIN', ''],
  8: ['NXRRSET', ''],
  9: ['NOTAUTH: the server does not know the key, or does not hold the zone', 'check key name, secret and zone'],
  10: ['NOTZONE: the name is not within the zone', 'correct acme.dns.zone'],
};

/** TXT records by DNS UPDATE (RFC 2136) over TCP, signed by TSIG (RFC 8945); the answer's signature is checked too. */
export function rfc2136Provider(settings: Rfc2136Settings): DnsProvider {
  const change = async (name: string, value: string, remove: boolean, signal?: AbortSignal): Promise<void> => {
    if (name !== settings.zone && !name.endsWith(`.${settings.zone}`)) {
      const text = `${name} is not within the zone ${settings.zone}`;
      throw new ChallengeError(text, { reason: 'setup', cure: 'correct acme.dns.zone' });
    }
    const message = updateMessage(settings, name, value, remove);
    const { signed, mac } = signMessage(message, settings.key, Math.floor(Date.now() / 1000));
    const answer = await exchange(settings, signed, signal);
    checkAnswer(settings, message, answer, mac);
  };
  return {
    name: `rfc2136 at ${settings.host}`,
    oneValue: false,
    setTxt: (name, value, signal) => change(name, value, false, signal),
    clearTxt: (name, value, signal) => change(name, value, true, signal),
  };
}

/** Adding uses the zone's class; removing one value uses class NONE and TTL 0 (RFC 2136 sections 2.5.1 and 2.5.4). */
function updateMessage(settings: Rfc2136Settings, name: string, value: string, remove: boolean): Buffer {
  const record = {
    name,
    type: recordTypes.TXT,
    class: remove ? recordClasses.NONE : recordClasses.IN,
    ttl: remove ? 0 : (settings.ttl ?? 60),
    data: textData(value),
  };
  return Buffer.concat([
    encodeHeader({ id: randomInt(0x10000), flags: updateOpcode, counts: [1, 0, 1, 0] }),
    encodeName(settings.zone),
    uint16(recordTypes.SOA),
    uint16(recordClasses.IN),
    encodeRecord(record),
  ]);
}

function checkAnswer(settings: Rfc2136Settings, request: Buffer, answer: Buffer, mac: Buffer): void {
  const header = decodeHeader(answer);
  const where = `${settings.host}:${settings.port}`;
  if (!header || header.id !== request.readUInt16BE(0) || (header.flags & 0x8000) === 0) {
    throw new ChallengeError(`${where} sent no readable answer`, { reason: 'trouble' });
  }
  const code = header.flags & 0x0f;
  if (code !== 0) {
    const [text, cure] = answers[code] ?? [`error ${code}`, ''];
    const setup = cure !== '';
    throw new ChallengeError(`${where} refused the update: ${text}`, {
      reason: setup ? 'setup' : 'trouble',
      ...(setup ? { cure } : {}),
    });
  }
  if (!verifyAnswer(answer, settings.key, mac)) {
    throw new ChallengeError(`the answer of ${where} is not signed with the key`, { reason: 'trouble' });
  }
}

/** One message over TCP, with the length before it (RFC 1035 section 4.2.2). */
function exchange(settings: Rfc2136Settings, message: Buffer, signal?: AbortSignal): Promise<Buffer> {
  const { host, port } = settings;
  return new Promise((resolve, reject) => {
    const timer = AbortSignal.timeout(timeout);
    const socket = connect({ host, port, signal: signal ? AbortSignal.any([timer, signal]) : timer });
    let received = Buffer.alloc(0);
    const fail = (error: unknown): void => {
      socket.destroy();
      const text = timer.aborted ? `no answer within ${timeout / 1000} s` : describeError(error);
      reject(new ChallengeError(`${host}:${port}: ${text}`, { reason: 'trouble' }));
    };
    socket.on('error', fail);
    socket.on('close', () => fail(new Error('connection closed without an answer')));
    socket.on('data', (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      if (received.length < 2 || received.length < 2 + received.readUInt16BE(0)) return;
      resolve(received.subarray(2, 2 + received.readUInt16BE(0)));
      socket.destroy();
    });
    socket.write(Buffer.concat([uint16(message.length), message]));
  });
}
