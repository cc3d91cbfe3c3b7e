import type { Case } from '../case.ts';
import { serveLeaf } from '../pki/pki.ts';

/** Is anything sent without TLS, or with TLS of old? */
export const transportCases: readonly Case[] = [
  {
    name: 'plain-http',
    group: 'must-refuse',
    shows: 'a server that knows no TLS at all',
    gain: 'Anybody on the way can turn TLS off: the client goes on in the clear.',
    rule: 'RFC 9110 section 4.2.2',
    serve: async () => ({ kind: 'plain' }),
  },
  {
    name: 'redirect-to-bad',
    group: 'must-refuse',
    shows: 'a good server that redirects to one with a self-signed certificate',
    gain: 'The client verifies the first server only, and whoever sits before the second one gets the request.',
    rule: 'RFC 9110 section 4.3.4',
    serve: async (pki) => ({
      kind: 'redirect',
      from: await serveLeaf(pki),
      to: await serveLeaf(pki, { signer: null }),
    }),
  },
  {
    name: 'turns-bad',
    group: 'must-refuse',
    shows: 'a good certificate first, a self-signed one on the next connection (by a redirect to the same server)',
    gain: 'The client verifies a server once and remembers: whoever comes in between later is not noticed.',
    rule: 'RFC 9110 section 4.3.4',
    serve: async (pki) => ({
      kind: 'turning',
      first: await serveLeaf(pki),
      later: await serveLeaf(pki, { signer: null }),
    }),
  },
  {
    name: 'redirect-to-http',
    group: 'informative',
    shows: 'a good server that redirects to plain HTTP',
    gain: 'What the request carries may go on in the clear; many clients follow such redirects.',
    rule: 'RFC 9110 section 15.4',
    serve: async (pki) => ({ kind: 'redirect', from: await serveLeaf(pki), to: { kind: 'plain' } }),
  },
  {
    name: 'tls-1.0',
    group: 'informative',
    shows: 'the good certificate with TLS 1.0 and nothing newer',
    gain: 'TLS 1.0 and 1.1 are given up; new clients refuse them.',
    rule: 'RFC 8996 section 4',
    serve: async (pki) => ({
      ...(await serveLeaf(pki)),
      oldest: 'TLSv1',
      newest: 'TLSv1',
      ciphers: 'ALL@SECLEVEL=0',
    }),
  },
];
