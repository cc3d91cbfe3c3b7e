import type { Case } from '../case.ts';
import { serveLeaf } from '../pki/pki.ts';
import { dateCases } from './dates.ts';
import { keyCases } from './keys.ts';
import { nameCases } from './names.ts';
import { transportCases } from './transport.ts';
import { trustCases } from './trust.ts';

/** The one that every client must accept. */
const control: Case = {
  name: 'good',
  group: 'control',
  shows: 'a good certificate of the trusted root',
  gain: 'A client that refuses this one too says nothing by refusing the others.',
  rule: 'RFC 5280 section 6.1',
  serve: (pki) => serveLeaf(pki),
};

const bad = [...trustCases, ...nameCases, ...dateCases, ...keyCases, ...transportCases];

/** Everything there is to show, what must be refused before what is only of interest. */
export const allCases: readonly Case[] = [
  control,
  ...bad.filter(({ group }) => group === 'must-refuse'),
  ...bad.filter(({ group }) => group === 'informative'),
];
