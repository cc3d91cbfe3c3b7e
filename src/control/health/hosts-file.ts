import { isIP } from 'node:net';

/** The addresses that a hosts file (hosts(5)) gives to `name`, in its order; names are compared without regard to case. */
export function addressesInHosts(text: string, name: string): readonly string[] {
  const wanted = name.toLowerCase();
  const addresses: string[] = [];
  for (const line of text.split('\n')) {
    const [address = '', ...names] = line.replace(/#.*$/, '').trim().split(/\s+/);
    if (isIP(address) !== 0 && names.some((one) => one.toLowerCase() === wanted)) addresses.push(address);
  }
  return addresses;
}
