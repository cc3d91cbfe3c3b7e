import type { Case } from '../case.ts';
import { leafOf, type Pki, serveLeaf, serviceOf } from '../pki/pki.ts';

const attacker = 'attacker.test';
const dns = (...values: string[]) => values.map((value) => ({ type: 'dns', value }) as const);

/** Good for these DNS names and nothing else. */
const only =
  (commonName: (name: string) => string, names: (name: string, pki: Pki) => readonly string[]): Case['serve'] =>
  (pki) =>
    serveLeaf(pki, { commonName: commonName(pki.subject.value), names: dns(...names(pki.subject.value, pki)) });

/** A wildcard that reaches one label further than it may: `*.localhost` for `localhost`, `*.c` for `a.b.c`. */
function tooWide(name: string): string {
  const labels = name.split('.');
  return labels.length < 3 ? `*.${name}` : `*.${labels.slice(2).join('.')}`;
}

const anyOwner = 'Whoever has a certificate for a name of his own';

/** Is the certificate for the name, or the address, that the client asked for? */
export const nameCases: readonly Case[] = [
  {
    name: 'wrong-name',
    group: 'must-refuse',
    shows: 'a good certificate for another name',
    gain: `${anyOwner} can read and change everything; free ones come from public CAs in a minute.`,
    rule: 'RFC 9525 section 6, RFC 9110 section 4.3.4',
    serve: only(
      () => attacker,
      () => [attacker],
    ),
  },
  {
    name: 'wrong-name-cn-right',
    group: 'must-refuse',
    shows: 'another name in the SAN, the right one in the common name only',
    gain: `${anyOwner}, with yours where CAs do not look, can read and change everything.`,
    rule: 'RFC 9525 section 6.3, RFC 6125 section 6.4.4',
    serve: only(
      (name) => name,
      () => [attacker],
    ),
  },
  {
    name: 'similar-name',
    group: 'must-refuse',
    shows: 'names that only begin or end like the right one',
    gain: 'Whoever registers a name that looks like yours from one end can play you.',
    rule: 'RFC 9525 section 6.3',
    hostNamesOnly: true,
    serve: only(
      () => attacker,
      (name) => [`${name}.${attacker}`, `evil${name}`, `evil-${name}`],
    ),
  },
  {
    name: 'wildcard-too-wide',
    group: 'must-refuse',
    shows: 'a wildcard of another level, such as *.localhost for localhost',
    gain: 'A certificate for one level of names is good for another that its owner may not have.',
    rule: 'RFC 9525 section 6.3',
    hostNamesOnly: true,
    serve: only(
      () => attacker,
      (name) => [tooWide(name)],
    ),
  },
  {
    name: 'nul-in-name',
    group: 'must-refuse',
    shows: 'the right name, a zero byte, and more of another name (in the SAN)',
    gain: `${anyOwner} can have a name below it that programs written in C cut off after yours.`,
    rule: 'RFC 5280 section 4.2.1.6, RFC 9525 section 6.3',
    hostNamesOnly: true,
    serve: only(
      () => attacker,
      (name) => [`${name}\0.${attacker}`],
    ),
  },
  {
    name: 'nul-in-cn',
    group: 'must-refuse',
    shows: 'the same in the common name, with no SAN',
    gain: `${anyOwner} can have a name below it that programs written in C cut off after yours.`,
    rule: 'RFC 9525 section 6.3',
    hostNamesOnly: true,
    serve: only(
      (name) => `${name}\0.${attacker}`,
      () => [],
    ),
  },
  {
    name: 'wrong-address',
    group: 'must-refuse',
    shows: 'a good certificate for a name and another address, where the client asked for an address',
    gain: `${anyOwner} can read and change everything that goes to an address.`,
    rule: 'RFC 9525 section 6.4, RFC 5280 section 4.2.1.6',
    at: 'address',
    serve: (pki) => serveLeaf(pki, { names: [pki.subject, { type: 'ip', value: '192.0.2.1' }] }),
  },
  {
    name: 'cn-only',
    group: 'informative',
    shows: 'the right name in the common name, and no SAN',
    gain: 'Not dangerous by itself; browsers, Go and rustls refuse it, so put names into the SAN.',
    rule: 'RFC 9525 section 2',
    serve: async (pki) => serviceOf(await leafOf(pki, { names: [] }), [pki.intermediate]),
  },
  {
    name: 'address-in-cn',
    group: 'informative',
    shows: 'the right address in the common name only',
    gain: 'Not dangerous by itself; most clients refuse it, so put addresses into the SAN as addresses.',
    rule: 'RFC 9525 section 6.4',
    at: 'address',
    serve: (pki) => serveLeaf(pki, { commonName: pki.address, names: [] }),
  },
  {
    name: 'address-as-name',
    group: 'informative',
    shows: 'the right address in the SAN, but as a DNS name',
    gain: 'Not dangerous by itself; most clients refuse it, so put addresses into the SAN as addresses.',
    rule: 'RFC 5280 section 4.2.1.6',
    at: 'address',
    serve: (pki) => serveLeaf(pki, { commonName: attacker, names: dns(pki.address) }),
  },
  {
    name: 'wildcard-partial',
    group: 'informative',
    shows: 'a wildcard within a label, such as l*t for localhost',
    gain: 'A public CA signs none of these; it matters with authorities that sign what they are told.',
    rule: 'RFC 9525 section 6.3, RFC 6125 section 6.4.3',
    hostNamesOnly: true,
    serve: only(
      () => attacker,
      (name) => [name.replace(/^([^.])[^.]*([^.])/, '$1*$2')],
    ),
  },
  {
    name: 'wildcard-top',
    group: 'informative',
    shows: 'a wildcard for a whole top-level domain, such as *.test, or for every single label',
    gain: 'A public CA signs none of these; it matters with authorities that sign what they are told.',
    rule: 'RFC 9525 section 6.3',
    hostNamesOnly: true,
    serve: only(
      () => attacker,
      (name) => [name.includes('.') ? `*.${name.split('.').at(-1)}` : '*'],
    ),
  },
];
