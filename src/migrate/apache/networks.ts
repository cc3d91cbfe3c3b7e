import { BlockList, isIPv6 } from 'node:net';
import { parseNetwork } from '../../control/config/network.ts';

/** Networks as Apache writes them: addresses, CIDR, net/mask and the first numbers of an IPv4 address. Null when one is none. */
export function networksOf(words: readonly string[]): string[] | null {
  const networks: string[] = [];
  for (const word of words) {
    if (word.startsWith('#')) break;
    const outcome = parseNetwork(inCidr(word));
    if (outcome.faults) return null;
    networks.push(outcome.value);
  }
  return networks.length === 0 ? null : networks;
}

function inCidr(word: string): string {
  const partial = /^(\d{1,3}(?:\.\d{1,3}){0,2})\.?$/.exec(word);
  if (partial) {
    const numbers = (partial[1] ?? '').split('.');
    return `${[...numbers, '0', '0', '0'].slice(0, 4).join('.')}/${numbers.length * 8}`;
  }
  const mask = /^([\d.]+)\/(\d+\.\d+\.\d+\.\d+)$/.exec(word);
  if (!mask) return word;
  const parts = (mask[2] ?? '').split('.').map((part) => Number(part).toString(2).padStart(8, '0'));
  const bits = parts.join('');
  return /^1*0*$/.test(bits) ? `${mask[1]}/${bits.replace(/0/g, '').length}` : word;
}

/** Whether a network in CIDR form lies within one of `others`, or is one of them. */
export function liesWithin(network: string, others: readonly string[]): boolean {
  const [address = '', bits = ''] = network.split('/');
  const family = isIPv6(address) ? 'ipv6' : 'ipv4';
  return others.some((other) => {
    const [base = '', prefix = ''] = other.split('/');
    if (isIPv6(base) !== (family === 'ipv6') || Number(prefix) > Number(bits)) return false;
    const list = new BlockList();
    list.addSubnet(base, Number(prefix), family);
    return list.check(address, family);
  });
}
