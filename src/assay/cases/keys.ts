import type { Case } from '../case.ts';
import { authorityOf, leafOf, serveLeaf, serviceOf } from '../pki/pki.ts';
import { breakSignature, signWeakly, strangeKey } from '../pki/sign-weakly.ts';

/** OpenSSL's level at which a server may load keys and hashes that are too weak. */
const anyStrength = 'DEFAULT@SECLEVEL=0';

const weakHash =
  (hash: 'md5' | 'sha1'): Case['serve'] =>
  async (pki) => {
    const authority = await authorityOf(pki, `Sallyport assay ${hash}`, { rsaBits: 2048 });
    const leaf = signWeakly(await leafOf(pki, { signer: authority }), authority, hash);
    return { ...serviceOf(leaf, [authority]), ciphers: anyStrength };
  };

/** Are signatures checked, and are they worth something? */
export const keyCases: readonly Case[] = [
  {
    name: 'broken-signature',
    group: 'must-refuse',
    shows: 'a certificate with one bit of its signature turned',
    gain: "Anybody on the way can write your name into somebody else's certificate.",
    rule: 'RFC 5280 section 6.1.3 (a)(1)',
    serve: async (pki) => serviceOf(breakSignature(await leafOf(pki)), [pki.intermediate]),
  },
  {
    name: 'wrong-key',
    group: 'must-refuse',
    shows: 'the good certificate, by a server that does not have its key',
    gain: 'Anybody on the way can show your own certificate, which is public, and read everything.',
    rule: 'RFC 8446 section 4.4.3, RFC 5246 section 7.4.3',
    serve: async (pki) => {
      const leaf = await leafOf(pki);
      return { ...serviceOf(leaf, [pki.intermediate]), key: strangeKey(leaf) };
    },
  },
  {
    name: 'md5',
    group: 'must-refuse',
    shows: 'a certificate signed over MD5',
    gain: 'Two certificates with the same MD5 have been made since 2008: one for a CA to sign, one to use.',
    rule: 'RFC 8446 section 4.4.2.4, RFC 6151 section 2',
    serve: weakHash('md5'),
  },
  {
    name: 'rsa-512-ca',
    group: 'must-refuse',
    shows: 'an intermediate with an RSA key of 512 bits',
    gain: 'Such a key is computed from its public half within hours for some coins, and then signs anything.',
    rule: 'RFC 9325 section 4.5',
    serve: async (pki) => {
      const authority = await authorityOf(pki, 'Sallyport assay RSA 512', { rsaBits: 512 });
      return { ...serviceOf(await leafOf(pki, { signer: authority }), [authority]), ciphers: anyStrength };
    },
  },
  {
    name: 'sha1',
    group: 'informative',
    shows: 'a certificate signed over SHA-1',
    gain: 'Two documents with the same SHA-1 have been made since 2017; new clients refuse it, some old ones do not.',
    rule: 'RFC 8446 section 4.4.2.4, RFC 9155',
    serve: weakHash('sha1'),
  },
  {
    name: 'rsa-1024',
    group: 'informative',
    shows: 'a certificate with an RSA key of 1024 bits',
    gain: 'A key that a state can compute; new clients refuse it, some do not.',
    rule: 'RFC 9325 section 4.5',
    serve: async (pki) => ({ ...(await serveLeaf(pki, { rsaBits: 1024 })), ciphers: anyStrength }),
  },
];
