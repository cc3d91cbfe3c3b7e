import 'reflect-metadata';
import * as x509 from '@peculiar/x509';
import type { Case } from '../case.ts';
import { authorityOf, day, leafOf, type Pki, serveLeaf, serviceOf } from '../pki/pki.ts';

const past = ({ now }: Pki) => ({ notBefore: now - 90 * day, notAfter: now - day });

/** TLS feature extension (RFC 7633) that asks for a stapled OCSP answer: SEQUENCE { INTEGER 5 }. */
const mustStaple = new x509.Extension('1.3.6.1.5.5.7.1.24', false, new Uint8Array([0x30, 3, 2, 1, 5]));

/** Is the certificate valid now, and how long? */
export const dateCases: readonly Case[] = [
  {
    name: 'expired',
    group: 'must-refuse',
    shows: 'a certificate that ended yesterday',
    gain: 'A key stolen years ago, or a name sold since, is good for ever.',
    rule: 'RFC 5280 section 6.1.3 (a)(2)',
    serve: (pki) => serveLeaf(pki, { life: past(pki) }),
  },
  {
    name: 'not-yet-valid',
    group: 'must-refuse',
    shows: 'a certificate that begins in two days',
    gain: 'The client looks at no dates, or at half of them.',
    rule: 'RFC 5280 section 6.1.3 (a)(2)',
    serve: (pki) => serveLeaf(pki, { life: { notBefore: pki.now + 2 * day, notAfter: pki.now + 20 * day } }),
  },
  {
    name: 'expired-intermediate',
    group: 'must-refuse',
    shows: 'an intermediate that ended yesterday, under a certificate that did not',
    gain: 'The key of an authority that was given up long ago still signs.',
    rule: 'RFC 5280 section 6.1.3 (a)(2)',
    serve: async (pki) => {
      const ended = await authorityOf(pki, 'Sallyport assay ended', { life: past(pki) });
      return serviceOf(await leafOf(pki, { signer: ended }), [ended]);
    },
  },
  {
    name: 'ten-years',
    group: 'informative',
    shows: 'a certificate that is valid for ten years',
    gain: 'Not dangerous by itself; Apple devices refuse more than 825 days, so keep to less.',
    rule: 'RFC 5280 section 4.1.2.5, support.apple.com/103769',
    serve: async (pki) =>
      serviceOf(
        await leafOf(pki, {
          signer: pki.root,
          life: { notBefore: pki.now - day, notAfter: pki.now + 3650 * day },
        }),
        [],
      ),
  },
  {
    name: 'must-staple',
    group: 'informative',
    shows: 'a certificate that asks for a stapled OCSP answer, without one',
    gain: 'A stolen certificate stays of use after it was revoked; hardly any client checks.',
    rule: 'RFC 7633 section 4',
    serve: (pki) => serveLeaf(pki, { extra: [mustStaple] }),
  },
];
