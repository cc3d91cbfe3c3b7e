import { requestCases } from '../../src/wire/http1/corpus/requests.ts';
import { chunking, clCl, clTe, clZero, teCl, teTe, trailers } from '../../test/hostile/cases/framing.ts';
import { excess, fields, hopByHop, hosts, injection, requestLines, upgrades } from '../../test/hostile/cases/heads.ts';
import { readCorpus } from '../corpus.ts';
import { mutate } from '../mutate.ts';
import { Random } from '../random.ts';
import { toBuffer } from '../target.ts';
import { target as stream } from '../targets/http1-stream.ts';

/** The name in generated inputs; each lane's has the same length, so that no length changes. */
export const placeholder = 'a.example';
const mostBytes = 3000;

const hostile = [
  clTe,
  teCl,
  teTe,
  clCl,
  clZero,
  chunking,
  trailers,
  requestLines,
  hosts,
  fields,
  hopByHop,
  injection,
  excess,
  upgrades,
];

/** Inputs without end: first every known hostile one, then mutations. */
export function* inputs(seed: number): Generator<Buffer> {
  const random = new Random(seed);
  const base = [
    ...hostile.flat().map(({ bytes }) => Buffer.from(bytes.replaceAll('NAME', placeholder), 'latin1')),
    ...requestCases.map(({ bytes }) => Buffer.from(bytes, 'latin1')),
    ...readCorpus('http1-stream'),
    ...readCorpus('http1-request'),
  ].filter(({ length }) => length <= mostBytes);
  yield* base;
  const dictionary = [
    ...(stream.dictionary ?? []),
    `Host: ${placeholder}\r\n`,
    '\r\nHost: ',
    'Connection: keep-alive\r\n',
  ].map(toBuffer);
  for (;;) yield mutate(random.pick(base), random, { dictionary, others: base, mostBytes });
}
