import { nameFold, tokenLower } from './octets.ts';

/**
 * Ids of the field names that some part of the data plane looks at, by name; id 0 is every other name. Written out as one
 * literal, because the engine then treats each id as the constant it is.
 */
export const fieldId = {
  host: 1,
  'content-length': 2,
  'transfer-encoding': 3,
  connection: 4,
  'keep-alive': 5,
  'proxy-connection': 6,
  te: 7,
  trailer: 8,
  upgrade: 9,
  expect: 10,
  'x-forwarded-for': 11,
  'x-forwarded-proto': 12,
  'x-forwarded-host': 13,
  forwarded: 14,
  'x-real-ip': 15,
  via: 16,
  proxy: 17,
  date: 18,
  location: 19,
  'content-location': 20,
  refresh: 21,
  'set-cookie': 22,
  'content-type': 23,
  'user-agent': 24,
  referer: 25,
  accept: 26,
  authorization: 27,
  cookie: 28,
  'http2-settings': 29,
  'max-forwards': 30,
  'sec-websocket-key': 31,
  'x-original-url': 32,
  'x-rewrite-url': 33,
  origin: 34,
  'sec-fetch-site': 35,
  'x-remote-user': 36,
  'strict-transport-security': 37,
  'x-content-type-options': 38,
  'x-frame-options': 39,
  'referrer-policy': 40,
} as const;

/** A known name, as it stands in {@link fieldId}. */
export type FieldName = keyof typeof fieldId;

/** The known names by id. */
const names: readonly string[] = ['', ...Object.keys(fieldId)];

/**
 * The id of a name that is one of {@link imitated} but for `_` in place of `-`. No app should see such a field: many
 * would take it for the real one.
 */
export const imitationId = 255;

/** Names whose imitation could frame a message or forge what the gate tells the app. */
const imitated = new Set<number>(
  (
    [
      'content-length',
      'transfer-encoding',
      'x-forwarded-for',
      'x-forwarded-proto',
      'x-forwarded-host',
      'x-real-ip',
      'x-original-url',
      'x-rewrite-url',
      'x-remote-user',
    ] as const
  ).map((name) => fieldId[name]),
);

/**
 * A number that no two known names share, made of the length and three octets in the form of {@link nameFold}. The factors were found by
 * trying; a new name that meets another one in {@link buildSlots} wants others.
 */
function hashOf(bytes: Uint8Array, start: number, end: number): number {
  const length = end - start;
  const first = nameFold[bytes[start]!]!;
  const middle = nameFold[bytes[start + (length >> 1)]!]!;
  const last = nameFold[bytes[end - 1]!]!;
  return length + first + middle * 7 + last * 13;
}

/** The known names by id. */
const octets = names.map((name) => Buffer.from(name, 'latin1'));

/** Ids by hash; the size is the smallest power of two from 256 in which no two known names meet. */
function buildSlots(): Uint8Array {
  for (let size = 256; size <= 4096; size *= 2) {
    const slots = new Uint8Array(size);
    const free = octets.every((name, id) => {
      if (id === 0) return true;
      const slot = hashOf(name, 0, name.length) & (size - 1);
      if (slots[slot] !== 0) return false;
      slots[slot] = id;
      return true;
    });
    if (free) return slots;
  }
  throw new Error('two known field names have the same hash');
}

const slots = buildSlots();
const mask = slots.length - 1;

/** The id of the name in `bytes[start, end)`: 0 for one that is not known, {@link imitationId} for one that only looks like a known one to some apps. */
export function identifyName(bytes: Uint8Array, start: number, end: number): number {
  if (start === end) return 0;
  const id = slots[hashOf(bytes, start, end) & mask]!;
  if (id === 0) return 0;
  const name = octets[id]!;
  if (name.length !== end - start) return 0;
  for (let i = 0; i < name.length; i++) {
    const octet = bytes[start + i]!;
    if (tokenLower[octet] === name[i]) continue;
    return isImitation(bytes, start, name) && imitated.has(id) ? imitationId : 0;
  }
  return id;
}

function isImitation(bytes: Uint8Array, start: number, name: Buffer): boolean {
  for (let i = 0; i < name.length; i++) if (nameFold[bytes[start + i]!] !== name[i]) return false;
  return true;
}
