/** Who may pass, as configured: plain data that the data plane makes guards of. */

/**
 * Client addresses; networks in CIDR form, none in both lists. Of those that hold an address the smallest decides; an address that none
 * holds may pass only where nobody is allowed by name.
 */
export interface AddressRules {
  readonly allow: readonly string[];
  readonly deny: readonly string[];
}

/** The rules of one route, those of its site included; absent is none. */
export interface Access {
  readonly addresses?: AddressRules;
}
