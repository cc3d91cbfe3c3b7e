import { z } from 'zod';

/** Client certificates (mTLS): the key `clientCertificates` of a site, and of its routes. */

const demand = z.enum(['required', 'optional'], { error: 'required or optional' });
const siteForm = 'the path of a PEM file, internal, or {ca, mode, crl, passCertificate}';
const caFile = z
  .string({ error: 'the path of a PEM file, or internal' })
  .min(1, { error: 'the path of a PEM file, or internal' });

const siteObject = z.strictObject(
  {
    ca: caFile.meta({
      description:
        'PEM file of the CAs whose certificates count, roots or intermediates, relative to the configuration file; or internal: the in-house CA (sallyport ca issue --client). Read again when it changes.',
      examples: ['/etc/sallyport/clients-ca.pem', 'internal'],
    }),
    mode: demand.optional().meta({
      description:
        'required: without a good certificate the answer is 403. optional: who shows none passes too, and the app is told so; one that is not good is refused all the same.',
      default: 'required',
    }),
    crl: z
      .string({ error: 'the path of a PEM or DER file' })
      .min(1, { error: 'the path of a PEM or DER file' })
      .optional()
      .meta({
        description:
          'File of revocation lists (PEM or DER), relative to the configuration file: one of every CA, or the clients of those without are refused. Read again when it changes; connections made before are closed then.',
        examples: ['/etc/sallyport/revoked.pem'],
      }),
    passCertificate: z.boolean({ error: 'true or false' }).optional().meta({
      description:
        'Whether the app is given the whole certificate too, in the field Client-Cert (RFC 9440), besides X-Client-Cert-Verify, -Subject, -Serial and -Fingerprint.',
      default: false,
    }),
  },
  { error: siteForm },
);

export const siteClientCertificates = z
  .union([caFile.transform((ca): z.output<typeof siteObject> => ({ ca })), siteObject], { error: siteForm })
  .optional()
  .meta({
    description:
      'Ask clients for certificates (mTLS): the PEM file of the CAs that count, internal for the in-house CA, or {ca, mode, crl, passCertificate}. Fields of the same names that clients send never reach an app, on any site.',
    examples: ['/etc/sallyport/clients-ca.pem', { ca: 'internal', mode: 'optional' }],
  });

export const routeClientCertificates = demand.optional().meta({
  description:
    'Whether this route wants a client certificate, where its site asks for them. Default: as the site says.',
  examples: ['required'],
});

export type ParsedClientCertificates = z.output<typeof siteClientCertificates>;
