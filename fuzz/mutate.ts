import type { Random } from './random.ts';

/** Octets that readers trip over. */
const spice = Buffer.from('\r\n\0\t :;,="%/\\.-_+0159afAF\x0b\x0c\x1f\x7f\x80\xa0\xff', 'latin1');

/** What a mutation may draw from. */
export interface Ingredients {
  readonly dictionary: readonly Buffer[];
  /** Other inputs, to splice with; not empty. */
  readonly others: readonly Buffer[];
  /** Longest result, octets. */
  readonly mostBytes: number;
}

type Mutation = (input: Buffer, random: Random, ingredients: Ingredients) => Buffer;

function replaced(input: Buffer, from: number, to: number, by: Uint8Array): Buffer {
  return Buffer.concat([input.subarray(0, from), by, input.subarray(to)]);
}

function range(input: Buffer, random: Random): [from: number, to: number] {
  const from = random.below(input.length + 1);
  return [from, Math.min(input.length, from + 1 + random.small(32))];
}

function flipBit(input: Buffer, random: Random): Buffer {
  const copy = Buffer.from(input);
  if (copy.length > 0) copy[random.below(copy.length)]! ^= 1 << random.below(8);
  return copy;
}

function setOctet(input: Buffer, random: Random): Buffer {
  const copy = Buffer.from(input);
  if (copy.length > 0) copy[random.below(copy.length)] = random.oneIn(3) ? random.below(256) : random.pick([...spice]);
  return copy;
}

function insertOctet(input: Buffer, random: Random): Buffer {
  const at = random.below(input.length + 1);
  return replaced(input, at, at, Buffer.alloc(1 + random.small(4), random.pick([...spice])));
}

function remove(input: Buffer, random: Random): Buffer {
  const [from, to] = range(input, random);
  return replaced(input, from, to, Buffer.alloc(0));
}

function repeat(input: Buffer, random: Random): Buffer {
  const [from, to] = range(input, random);
  const piece = input.subarray(from, to);
  const times = random.oneIn(50) ? 200 : 1 + random.small(4);
  return replaced(input, to, to, Buffer.concat(Array.from({ length: times }, () => piece)));
}

function swap(input: Buffer, random: Random): Buffer {
  const [a, b] = [random.below(input.length + 1), random.below(input.length + 1)].sort((one, other) => one - other);
  const [from = 0, to = 0] = [a, b];
  const length = Math.min(random.small(32), to - from, input.length - to);
  const copy = Buffer.from(input);
  input.copy(copy, from, to, to + length);
  input.copy(copy, to, from, from + length);
  return copy;
}

function word(input: Buffer, random: Random, { dictionary }: Ingredients): Buffer {
  if (dictionary.length === 0) return setOctet(input, random);
  const [from, to] = range(input, random);
  return replaced(input, from, random.oneIn(2) ? from : to, random.pick(dictionary));
}

function splice(input: Buffer, random: Random, { others }: Ingredients): Buffer {
  const other = random.pick(others);
  const [from, to] = range(other, random);
  if (random.oneIn(2)) return Buffer.concat([input.subarray(0, random.below(input.length + 1)), other.subarray(from)]);
  const at = random.below(input.length + 1);
  return replaced(input, at, at, other.subarray(from, to));
}

function setInteger(input: Buffer, random: Random): Buffer {
  const copy = Buffer.from(input);
  const octets = random.pick([1, 2, 3, 4]);
  if (copy.length < octets) return copy;
  const most = 2 ** (8 * octets) - 1;
  const value = random.pick([0, 1, 2, 8, 127, 128, 255, most - 1, most, most >> 1, input.length]);
  copy.writeUIntBE(Math.min(Math.max(0, value), most), random.below(copy.length - octets + 1), octets);
  return copy;
}

const mutations: readonly Mutation[] = [
  ...[flipBit, setOctet, setOctet, insertOctet, insertOctet, remove, remove],
  ...[repeat, swap, word, word, word, splice, splice, setInteger],
];

/** A new input made of `input` by one to six changes. */
export function mutate(input: Buffer, random: Random, ingredients: Ingredients): Buffer {
  let changed = input;
  for (let left = 1 + random.small(6); left > 0; left--) changed = random.pick(mutations)(changed, random, ingredients);
  return changed.length > ingredients.mostBytes ? changed.subarray(0, ingredients.mostBytes) : changed;
}
