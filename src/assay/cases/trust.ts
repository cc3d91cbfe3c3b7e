import 'reflect-metadata';
import * as x509 from '@peculiar/x509';
import { constraintsExtension } from '../../control/certificates/authority/constraints.ts';
import type { Case } from '../case.ts';
import { authorityOf, leafOf, serveLeaf, serviceOf } from '../pki/pki.ts';

/** An authority below the lab's root that signs a server's certificate, right but for what the case is about. */
const below =
  (commonName: string, changes: Parameters<typeof authorityOf>[2] = {}): Case['serve'] =>
  async (pki) => {
    const authority = await authorityOf(pki, commonName, changes);
    return serviceOf(await leafOf(pki, { signer: authority }), [authority]);
  };

/** An authority nobody has heard of, perhaps by the name of one that all trust. */
const strange =
  (rootName: (trusted: x509.Name) => string): Case['serve'] =>
  async (pki) => {
    const made = await authorityOf(pki, rootName(pki.root.certificate.subjectName), { signer: null });
    const between = await authorityOf(pki, 'Sallyport assay CA', { signer: made });
    return serviceOf(await leafOf(pki, { signer: between }), [between, made]);
  };

const anybody = 'Anybody on the way can read and change everything with a certificate made in a minute';

/** Does the chain lead to a root that the client trusts, by way of authorities that may sign? */
export const trustCases: readonly Case[] = [
  {
    name: 'self-signed',
    group: 'must-refuse',
    shows: 'a certificate signed by itself',
    gain: `${anybody}.`,
    rule: 'RFC 5280 section 6.1',
    serve: async (pki) => serviceOf(await leafOf(pki, { signer: null }), []),
  },
  {
    name: 'unknown-ca',
    group: 'must-refuse',
    shows: 'a chain of an authority that the client does not know',
    gain: `${anybody}, of an authority made in another.`,
    rule: 'RFC 5280 section 6.1.1 (d)',
    serve: strange(() => 'Somebody Root'),
  },
  {
    name: 'twin-ca',
    group: 'must-refuse',
    shows: 'a chain of an authority with the name of a trusted one, but another key',
    gain: `${anybody}: the client compares the names of authorities and not their signatures.`,
    rule: 'RFC 5280 section 6.1.3 (a)(1)',
    serve: strange((trusted) => trusted.getField('CN')[0] ?? ''),
  },
  {
    name: 'missing-intermediate',
    group: 'must-refuse',
    shows: 'no intermediate between the certificate and the trusted root',
    gain: 'The client trusts a certificate although nothing it was shown leads to a root.',
    rule: 'RFC 5280 section 6.1, RFC 8446 section 4.4.2',
    serve: async (pki) => {
      const never = await authorityOf(pki, 'Sallyport assay CA never shown');
      return serviceOf(await leafOf(pki, { signer: never }), []);
    },
  },
  {
    name: 'leaf-as-ca',
    group: 'must-refuse',
    shows: "a certificate signed with the key of another server's certificate (CA:FALSE)",
    gain: 'Whoever has a certificate for any name of his own can make one for yours.',
    rule: 'RFC 5280 section 6.1.4 (k)',
    serve: async (pki) => {
      const names = [{ type: 'dns', value: 'attacker.test' }] as const;
      const server = await leafOf(pki, { commonName: 'attacker.test', names });
      return serviceOf(await leafOf(pki, { signer: server }), [server, pki.intermediate]);
    },
  },
  {
    name: 'no-constraints-ca',
    group: 'must-refuse',
    shows: 'an intermediate that does not say that it is one (no basic constraints)',
    gain: 'Whoever has an old certificate for any name of his own can make one for yours.',
    rule: 'RFC 5280 section 6.1.4 (k)',
    serve: below('Sallyport assay no constraints', { basic: null }),
  },
  {
    name: 'no-cert-sign',
    group: 'must-refuse',
    shows: 'an intermediate whose key is not for signing certificates',
    gain: 'Whoever steals a key that was made for something else can sign certificates with it.',
    rule: 'RFC 5280 section 6.1.4 (n)',
    serve: below('Sallyport assay no signing', { keyUsage: x509.KeyUsageFlags.cRLSign }),
  },
  {
    name: 'path-length',
    group: 'must-refuse',
    shows: 'one intermediate more than the one above allows (pathLenConstraint)',
    gain: 'An authority that may sign only for servers makes new authorities that nobody watches.',
    rule: 'RFC 5280 section 6.1.4 (l)',
    serve: async (pki) => {
      const more = await authorityOf(pki, 'Sallyport assay too deep', { signer: pki.intermediate });
      return serviceOf(await leafOf(pki, { signer: more }), [more, pki.intermediate]);
    },
  },
  {
    name: 'name-constraints',
    group: 'must-refuse',
    shows: 'an intermediate that may sign for other names only',
    gain: 'An authority for one company, or whoever steals its key, can make certificates for all the world.',
    rule: 'RFC 5280 section 6.1.3 (b)',
    serve: below('Sallyport assay elsewhere', {
      extra: [constraintsExtension({ dns: ['elsewhere.test'], networks: [] })],
    }),
  },
  {
    name: 'client-only',
    group: 'must-refuse',
    shows: 'a certificate for clients (extended key usage clientAuth), shown by a server',
    gain: 'Whoever got a certificate to log in with can play the server to everybody else.',
    rule: 'RFC 5280 section 4.2.1.12',
    serve: (pki) => serveLeaf(pki, { purposes: [x509.ExtendedKeyUsage.clientAuth] }),
  },
  {
    name: 'unknown-critical',
    group: 'must-refuse',
    shows: 'a critical extension that no program knows',
    gain: 'Limits that the authority wrote into the certificate are passed over.',
    rule: 'RFC 5280 section 4.2',
    serve: (pki) =>
      serveLeaf(pki, { extra: [new x509.Extension('1.3.6.1.4.1.99999.1', true, new Uint8Array([5, 0]))] }),
  },
  {
    name: 'ca-as-server',
    group: 'informative',
    shows: "an authority's certificate (CA:TRUE) from the trusted root as the server's",
    gain: 'Not dangerous by itself; clients on rustls refuse it, so use a certificate with CA:FALSE.',
    rule: 'RFC 5280 section 4.2.1.9',
    serve: async (pki) => {
      const basic = new x509.BasicConstraintsExtension(true, undefined, true);
      return serviceOf(await leafOf(pki, { basic, signer: pki.root }), []);
    },
  },
];
