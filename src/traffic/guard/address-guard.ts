import type { AddressRules } from '../../model/access.ts';
import { type Guard, pass, type Refusal, type Verdict } from './guard.ts';
import { NetworkMap } from './network-map.ts';
import type { Visit } from './visit.ts';

const refusal: Refusal = { status: 403, detail: 'This is not open to the address you come from.', lines: '' };

/** Lets addresses pass by the `allow` and `deny` lists of a route. */
export class AddressGuard implements Guard {
  readonly ownedFields = [];
  /** Whether addresses in a network may pass. */
  readonly #rules: NetworkMap<boolean>;
  readonly #others: boolean;

  constructor({ allow, deny }: AddressRules) {
    const allowed = allow.map((network) => [network, true] as const);
    this.#rules = new NetworkMap([...allowed, ...deny.map((network) => [network, false] as const)]);
    this.#others = allow.length === 0;
  }

  check({ clientAddress }: Visit): Verdict {
    const found = this.#rules.find(clientAddress);
    return (found === undefined ? this.#others : found === true) ? pass : refusal;
  }
}
