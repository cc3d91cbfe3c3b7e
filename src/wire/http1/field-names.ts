import { lowerAscii, tokenLower } from './octets.ts';

/** Field names that some part of the data plane looks at. Their place in this list is their id; id 0 is every other name. */
const names = [
  '',
  'host',
  'content-length',
  'transfer-encoding',
  'connection',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'upgrade',
  'expect',
  'x-forwarded-for',
  'x-forwarded-proto',
  'x-forwarded-host',
  'forwarded',
  'x-real-ip',
  'via',
  'proxy',
  'date',
  'location',
  'content-location',
  'refresh',
  'set-cookie',
  'content-type',
  'user-agent',
  'referer',
  'accept',
  'authorization',
  'cookie',
  'http2-settings',
] as const;

type FieldName = Exclude<(typeof names)[number], ''>;

/** Ids by name, for code that reads better with names: `fieldId['content-length']`. */
export const fieldId = Object.freeze(Object.fromEntries(names.map((name, id) => [name, id]))) as Readonly<
  Record<FieldName, number>
>;

/** Extends the hash of a name by one lower-case octet; starts from 0. */
function step(hash: number, octet: number): number {
  return (Math.imul(hash, 31) + octet) | 0;
}

function hashOf(name: string): number {
  let hash = 0;
  for (let i = 0; i < name.length; i++) hash = step(hash, name.charCodeAt(i));
  return hash;
}

/** Slots by hash; the size is the smallest power of two from 256 in which no two known names meet. */
function buildSlots(): Uint8Array {
  for (let size = 256; ; size *= 2) {
    const slots = new Uint8Array(size);
    const free = names.every((name, id) => {
      if (id === 0) return true;
      const slot = hashOf(name) & (size - 1);
      if (slots[slot] !== 0) return false;
      slots[slot] = id;
      return true;
    });
    if (free) return slots;
  }
}

const slots = buildSlots();
const mask = slots.length - 1;
const octets = names.map((name) => Buffer.from(name, 'latin1'));

/** The id of the name in `bytes[start, end)`, given the hash that {@link step} made of its lower-case octets. */
export function identifyField(bytes: Uint8Array, start: number, end: number, hash: number): number {
  const id = slots[hash & mask]!;
  if (id === 0) return 0;
  const name = octets[id]!;
  if (name.length !== end - start) return 0;
  for (let i = 0; i < name.length; i++) if (tokenLower[bytes[start + i]!] !== name[i]) return 0;
  return id;
}

/** The id of a name that was not hashed while it was read. */
export function identifyName(bytes: Uint8Array, start: number, end: number): number {
  let hash = 0;
  for (let i = start; i < end; i++) hash = step(hash, lowerAscii(bytes[i]!));
  return identifyField(bytes, start, end, hash);
}
