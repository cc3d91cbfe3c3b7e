import { isIPv4 } from 'node:net';
import { isAddress, normaliseHost } from '../../model/host.ts';
import { fail, type Outcome } from './fault.ts';

const wanted = 'an address or a network such as 10.0.0.0/8 or fd00::/8';

/** An address or network in CIDR form, host bits cleared; an IPv4-mapped IPv6 one becomes IPv4. */
export function parseNetwork(text: string): Outcome<string> {
  const [addressText = '', prefixText, ...more] = text.trim().split('/');
  const address = normaliseHost(addressText);
  if (more.length > 0 || address === null || !isAddress(address)) {
    const cure = address === null ? undefined : 'Write the address, not a name: names are not looked up here.';
    return fail('not a network', { wanted, cure });
  }
  const bytes = addressBytes(address);
  const bits = bytes.length * 8;
  const prefix = prefixText === undefined ? bits : Number(prefixText);
  if (prefixText !== undefined && (!/^\d{1,3}$/.test(prefixText) || prefix > bits)) {
    return fail('not a prefix length', { wanted: `a number from 0 to ${bits} after the slash` });
  }
  const mapped = bits === 128 && prefix >= 96 && bytes.subarray(0, 12).equals(mappedPrefix);
  if (mapped) return { value: `${printAddress(masked(bytes.subarray(12), prefix - 96))}/${prefix - 96}` };
  return { value: `${printAddress(masked(bytes, prefix))}/${prefix}` };
}

const mappedPrefix = Buffer.from('00000000000000000000ffff', 'hex');

function addressBytes(address: string): Buffer {
  if (isIPv4(address)) return Buffer.from(address.split('.').map(Number));
  const [head = '', tail] = address.split('::');
  const left = groups(head);
  const right = groups(tail ?? '');
  const zeros = new Array<number>(8 - left.length - right.length).fill(0);
  const bytes = Buffer.alloc(16);
  for (const [index, group] of [...left, ...zeros, ...right].entries()) bytes.writeUInt16BE(group, index * 2);
  return bytes;
}

function groups(text: string): number[] {
  return text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16));
}

function masked(bytes: Buffer, prefix: number): Buffer {
  return Buffer.from(bytes.map((byte, index) => byte & (0xff00 >> Math.min(8, Math.max(0, prefix - index * 8)))));
}

function printAddress(bytes: Buffer): string {
  if (bytes.length === 4) return bytes.join('.');
  const full = Array.from({ length: 8 }, (_, index) => bytes.readUInt16BE(index * 2).toString(16)).join(':');
  return normaliseHost(full) ?? full;
}
