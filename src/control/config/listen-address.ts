import { bracketed, isAddress, normaliseHost, splitHostPort } from '../../model/host.ts';
import type { ListenAddress } from '../../model/settings.ts';
import { fail, type Outcome } from './fault.ts';

const wanted = 'a port such as 443, "address:port", "[::]:443", ":443", a list of these, or false';

/** One address to listen on; without a host it is every address of the machine, port 0 lets the system choose. */
export function parseListenAddress(input: string | number): Outcome<ListenAddress> {
  const text = String(input).trim();
  const parts = /^-?[0-9.]+$/.test(text) && !isAddress(text) ? { host: '', port: text } : splitHostPort(text);
  if (parts === null) {
    return fail('not an address to listen on', {
      wanted,
      cure: 'Write an IPv6 address in brackets, and all of it in quotes.',
    });
  }
  if (parts.port === null) return fail('an address without a port', { wanted });
  const port = Number(parts.port);
  if (!/^\d{1,5}$/.test(parts.port) || port > 65_535)
    return fail('not a port', { wanted: 'a port from 1 to 65535, or 0 for any free one' });
  if (parts.host === '') return { value: { host: '', port } };
  if (parts.host === '*') return fail('a star for every address', { wanted, didYouMean: `:${port}` });
  const host = normaliseHost(parts.host);
  if (host === null || !isAddress(host)) {
    const didYouMean = host === 'localhost' ? `127.0.0.1:${port}` : undefined;
    return fail('a name where an address belongs', {
      wanted,
      didYouMean,
      cure: 'Write the address of the network interface.',
    });
  }
  return { value: { host, port } };
}

/** The long form: an address, and how its connections begin. */
export function parseListenObject(input: {
  readonly address: string | number;
  readonly proxyProtocol?: boolean | undefined;
}): Outcome<ListenAddress> {
  const outcome = parseListenAddress(input.address);
  if (outcome.faults) return { faults: outcome.faults.map((fault) => ({ ...fault, below: ['address'] })) };
  return input.proxyProtocol === true ? { value: { ...outcome.value, proxyProtocol: true } } : outcome;
}

/** The address as a user would write it. */
export function describeListenAddress(address: ListenAddress): string {
  return `${bracketed(address.host)}:${address.port}`;
}
