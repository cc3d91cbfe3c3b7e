import { staticTable } from '../hpack/static-table.ts';

/**
 * Numbers of the field names that something here looks at; 0 is any other name. The names of the static table (RFC 7541
 * Appendix A) that are not listed follow with numbers of their own, for their indices.
 */
export const KnownName = Object.freeze({
  OTHER: 0,
  AUTHORITY: 1,
  METHOD: 2,
  PATH: 3,
  SCHEME: 4,
  STATUS: 5,
  PROTOCOL: 6,
  HOST: 7,
  COOKIE: 8,
  CONTENT_LENGTH: 9,
  TE: 10,
  CONNECTION: 11,
  KEEP_ALIVE: 12,
  PROXY_CONNECTION: 13,
  TRANSFER_ENCODING: 14,
  UPGRADE: 15,
  PRIORITY: 16,
  SET_COOKIE: 17,
  AUTHORIZATION: 18,
  PROXY_AUTHORIZATION: 19,
});

/** Numbers up to this one are pseudo-fields (RFC 9113 §8.3). */
export const lastPseudo: number = KnownName.PROTOCOL;

const listed =
  ':authority :method :path :scheme :status :protocol host cookie content-length te connection keep-alive ' +
  'proxy-connection transfer-encoding upgrade priority set-cookie authorization proxy-authorization';

const names: string[] = ['', ...new Set([...listed.split(' '), ...staticTable.map(([name]) => name)])];

/** For each known name: the first entry of the static table that has it, or 0. */
export const staticNameIndex: Uint8Array = Uint8Array.from(names, (name) =>
  name === '' ? 0 : staticTable.findIndex((entry) => entry[0] === name) + 1,
);

const slotMask = 1023;
const slots = new Uint8Array(slotMask + 1);
const spellings: readonly Buffer[] = names.map((name) => Buffer.from(name, 'latin1'));

function slotOf(bytes: Uint8Array, start: number, length: number): number {
  const first = bytes[start]!;
  const middle = bytes[start + (length >> 1)]!;
  const last = bytes[start + length - 1]!;
  return (length * 131 + first * 37 + middle * 59 + last * 17) & slotMask;
}

for (const [id, spelling] of spellings.entries()) {
  if (id === 0) continue;
  let slot = slotOf(spelling, 0, spelling.length);
  while (slots[slot] !== 0) slot = (slot + 1) & slotMask;
  slots[slot] = id;
}

/** The number of a lower-case name, 0 when it is not known. */
export function knownName(bytes: Uint8Array, start: number, length: number): number {
  if (length === 0) return 0;
  let slot = slotOf(bytes, start, length);
  for (let id = slots[slot]!; id !== 0; id = slots[slot]!) {
    if (isSpelling(spellings[id]!, bytes, start, length)) return id;
    slot = (slot + 1) & slotMask;
  }
  return 0;
}

function isSpelling(spelling: Buffer, bytes: Uint8Array, start: number, length: number): boolean {
  if (spelling.length !== length) return false;
  for (let index = 0; index < length; index++) {
    if (spelling[index] !== bytes[start + index]) return false;
  }
  return true;
}

/** Fields whose values are secrets: literals that no one on the way may index (RFC 7541 §7.1.3). */
export function isCredential(id: number): boolean {
  return id === KnownName.COOKIE || (id >= KnownName.SET_COOKIE && id <= KnownName.PROXY_AUTHORIZATION);
}

/** Whether the field speaks of one connection and must not appear in HTTP/2 (RFC 9113 §8.2.2). `te` is judged by its value. */
export function isConnectionSpecific(id: number): boolean {
  return id >= KnownName.CONNECTION && id <= KnownName.UPGRADE;
}
