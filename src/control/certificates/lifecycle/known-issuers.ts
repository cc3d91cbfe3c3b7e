import type { AcmeIssuerSettings } from './acme-issuer.ts';
import { externalAccountByEmail } from './external-account.ts';

/** What is known beforehand of a CA that can be configured by name. */
export type KnownIssuer = Pick<AcmeIssuerSettings, 'directory' | 'staging' | 'duplicateLimit' | 'externalAccount'>;

const week = 7 * 86_400_000;

/** CAs by the name used in `acme.issuers`. Limits as published; a CA whose limits are not published has none here. */
export const knownIssuers: Readonly<Record<string, KnownIssuer>> = {
  letsencrypt: {
    directory: 'https://acme-v02.api.letsencrypt.org/directory',
    staging: { directory: 'https://acme-staging-v02.api.letsencrypt.org/directory' },
    duplicateLimit: { count: 5, period: week },
  },
  'letsencrypt-staging': { directory: 'https://acme-staging-v02.api.letsencrypt.org/directory' },
  zerossl: {
    directory: 'https://acme.zerossl.com/v2/DV90',
    externalAccount: externalAccountByEmail({ url: 'https://api.zerossl.com/acme/eab-credentials-email' }),
  },
  google: {
    directory: 'https://dv.acme-v02.api.pki.goog/directory',
    staging: { directory: 'https://dv.acme-v02.test-api.pki.goog/directory' },
  },
};
