import { isIPv4, isIPv6 } from 'node:net';

/** Number of bits of an IPv4 address mapped into IPv6 that stand before its own. */
const mappedBits = 96n;
const mappedPrefix = 0xffffn;

/** Networks of one size, by their address without the host bits. */
interface Size<T> {
  readonly bits: number;
  readonly values: Map<bigint, T>;
}

/** Finds the smallest network that holds an address, among any number of them. Never changed once made. */
export class NetworkMap<T> {
  /** Longest prefix first. */
  readonly #ipv4: readonly Size<T>[];
  readonly #ipv6: readonly Size<T>[];

  /** `networks` in CIDR form; of two that are the same the last counts. */
  constructor(networks: Iterable<readonly [network: string, value: T]>) {
    const sizes = { 32: new Map<number, Map<bigint, T>>(), 128: new Map<number, Map<bigint, T>>() };
    for (const [network, value] of networks) {
      const [text = '', prefix] = network.split('/');
      const address = parseAddress(text);
      if (address === null) continue;
      const bits = prefix === undefined ? address.bits : Number(prefix);
      const values = sizes[address.bits].get(bits) ?? new Map<bigint, T>();
      values.set(address.number >> BigInt(address.bits - bits), value);
      sizes[address.bits].set(bits, values);
    }
    this.#ipv4 = sorted(sizes[32]);
    this.#ipv6 = sorted(sizes[128]);
  }

  /** The value of the smallest network that holds `address`; undefined when none does, null when it is no address. */
  find(address: string): T | undefined | null {
    const parsed = parseAddress(address);
    if (parsed === null) return null;
    for (const { bits, values } of parsed.bits === 32 ? this.#ipv4 : this.#ipv6) {
      const value = values.get(parsed.number >> BigInt(parsed.bits - bits));
      if (value !== undefined) return value;
    }
    return undefined;
  }
}

function sorted<T>(sizes: ReadonlyMap<number, Map<bigint, T>>): readonly Size<T>[] {
  return [...sizes].map(([bits, values]) => ({ bits, values })).sort((a, b) => b.bits - a.bits);
}

interface NumericAddress {
  readonly bits: 32 | 128;
  readonly number: bigint;
}

/** An IPv4 address mapped into IPv6 is the IPv4 address; a zone goes. */
function parseAddress(text: string): NumericAddress | null {
  if (isIPv4(text)) return { bits: 32, number: BigInt(ipv4Number(text)) };
  const plain = text.split('%', 1)[0]!;
  if (!isIPv6(plain)) return null;
  const number = ipv6Number(plain);
  if (number >> (128n - mappedBits) !== mappedPrefix) return { bits: 128, number };
  return { bits: 32, number: number & 0xffff_ffffn };
}

function ipv4Number(text: string): number {
  return text.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
}

function ipv6Number(text: string): bigint {
  const dotted = text.lastIndexOf('.') < 0 ? -1 : text.lastIndexOf(':') + 1;
  const tail = dotted < 0 ? 0 : ipv4Number(text.slice(dotted));
  const groups =
    dotted < 0 ? text : `${text.slice(0, dotted)}${(tail >>> 16).toString(16)}:${(tail & 0xffff).toString(16)}`;
  const [front = '', back] = groups.split('::');
  const left = front === '' ? [] : front.split(':');
  const right = back === undefined || back === '' ? [] : back.split(':');
  const zeros = new Array<string>(8 - left.length - right.length).fill('0');
  return [...left, ...zeros, ...right].reduce((sum, group) => (sum << 16n) | BigInt(Number.parseInt(group, 16)), 0n);
}
