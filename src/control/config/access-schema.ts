import type { z } from 'zod';
import { addressKeys } from './address-schema.ts';
import { forwardAuthKey } from './forward-auth-schema.ts';
import { rateLimitKey } from './rate-limit-schema.ts';

/** The keys of sites and routes that say who may pass. */
export const accessKeys = { ...addressKeys, rateLimit: rateLimitKey, forwardAuth: forwardAuthKey };

/** Their values after validation. */
export type AccessKeys = { readonly [Key in keyof typeof accessKeys]?: z.output<(typeof accessKeys)[Key]> };

/** Those keys out of a site or route. */
export function accessOf({ allow, deny, rateLimit, forwardAuth }: AccessKeys): AccessKeys {
  return { allow, deny, rateLimit, forwardAuth };
}
