import { isIPv4, isIPv6 } from 'node:net';
import { networkInterfaces } from 'node:os';
import { UserError } from '../../../model/errors.ts';
import { callWebApi } from '../challenge/dns/web-api.ts';
import { isPublicAddress } from '../doctor/public-name.ts';

/** This machine's public addresses; '' for a family that is not known, which the DNS service then finds out itself. */
export interface PublicAddresses {
  readonly ipv4: string;
  readonly ipv6: string;
}

/**
 * Where the public address comes from.
 * - `service`: the DNS service takes the address the update comes from; nobody else is asked.
 * - `interface`: read from a network interface of this machine.
 * - `url`: a page that answers with the bare address.
 */
export type AddressSource =
  | { readonly kind: 'service' }
  | { readonly kind: 'interface'; readonly name: string }
  | { readonly kind: 'url'; readonly url: string; readonly ca?: string | undefined };

/** Looks the addresses up. Rejects with a UserError or ChallengeError when the source gives none. */
export async function publicAddresses(source: AddressSource, signal?: AbortSignal): Promise<PublicAddresses> {
  if (source.kind === 'service') return { ipv4: '', ipv6: '' };
  if (source.kind === 'interface') return ofInterface(source.name);
  const { body } = await callWebApi(new URL(source.url), { ca: source.ca, signal });
  const text = body.trim();
  if (isIPv4(text)) return { ipv4: text, ipv6: '' };
  if (isIPv6(text)) return { ipv4: '', ipv6: text };
  throw new UserError(`${new URL(source.url).host} did not answer with an address`, {
    code: 'no-public-address',
    cure: 'choose another source for dns.update',
  });
}

function ofInterface(name: string): PublicAddresses {
  const all = (networkInterfaces()[name] ?? []).map((one) => one.address).filter(isPublicAddress);
  const found = { ipv4: all.find(isIPv4) ?? '', ipv6: all.find(isIPv6) ?? '' };
  if (found.ipv4 !== '' || found.ipv6 !== '') return found;
  throw new UserError(`the interface ${name} has no public address`, {
    code: 'no-public-address',
    cure: 'behind a router, let the DNS service find the address out: leave the source of dns.update away',
  });
}
