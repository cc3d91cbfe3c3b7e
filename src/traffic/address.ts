import { comparableAddress } from '../model/host.ts';

const mapped = '::ffff:';

/** An address as people write it: an IPv4 address mapped into IPv6 (`::ffff:192.0.2.1`) becomes dotted, a zone (`%eth0`) goes. */
export function plainAddress(address: string): string {
  if (address.startsWith(mapped) && address.includes('.')) return address.slice(mapped.length);
  const zone = address.indexOf('%');
  return zone < 0 ? address : address.slice(0, zone);
}

/**
 * What counts as one client when connections are limited: the IPv4 address, or the /64 of an IPv6 address,
 * because one customer usually holds a whole /64. Takes what {@link plainAddress} gives.
 */
export function clientKey(address: string): string {
  if (!address.includes(':')) return address;
  const gap = address.indexOf('::');
  if (gap < 0) return address.split(':', 4).join(':');
  const front = gap === 0 ? [] : address.slice(0, gap).split(':');
  const back = gap + 2 === address.length ? [] : address.slice(gap + 2).split(':');
  const groups = [...front, ...new Array<string>(Math.max(0, 8 - front.length - back.length)).fill('0'), ...back];
  return groups.slice(0, 4).join(':');
}

/** The same for an address in any spelling, as a proxy may tell it. */
export function clientNetwork(address: string): string {
  return clientKey(comparableAddress(plainAddress(address)) ?? address);
}
