import { isIP, type LookupFunction } from 'node:net';
import type { NameAddresses } from './target-news.ts';

/** Makes `connect` use these addresses: several are tried one after the other, each for a quarter of a second before the next joins in (RFC 8305). */
export function lookUpIn({ addresses, error }: NameAddresses): LookupFunction {
  const entries = addresses.map((address) => ({ address, family: isIP(address) }));
  return (_host, options, callback) => {
    const [first] = entries;
    if (first === undefined) callback(new Error(error), '');
    else if (options.all) callback(null, entries);
    else callback(null, first.address, first.family);
  };
}
