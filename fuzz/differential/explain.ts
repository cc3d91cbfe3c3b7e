import type { Difference } from './compare.ts';
import type { Observed } from './observe.ts';

interface Explanation {
  readonly text: string;
  holds(difference: Difference, observed: readonly Observed[]): boolean;
}

function wireOf(proxy: string, observed: readonly Observed[]): string {
  return observed.find((one) => one.proxy === proxy)?.wire ?? '';
}

const ours = 'sallyport';

/** Every class of difference that was looked into. None may be about what Sallyport passes on in two readings. */
const explanations: readonly Explanation[] = [
  {
    text: 'passes a name with "_" on that frames, which CGI-style apps take for the one with "-"; Sallyport refuses it, nginx drops it',
    holds: ({ kind, between: [proxy] }, observed) =>
      kind === 'ambiguous' &&
      proxy !== ours &&
      /^(?:transfer_encoding|content_length|transfer-?_?encoding_?)\s*:/im.test(wireOf(proxy, observed)),
  },
  {
    text: 'passes CONNECT on and becomes a tunnel for whatever follows; Sallyport and nginx refuse it',
    holds: ({ between }, observed) =>
      !between.includes(ours) && between.some((proxy) => /^CONNECT /m.test(wireOf(proxy, observed))),
  },
  {
    text: 'the two others cut a request differently that Sallyport does not let through',
    holds: ({ kind, between }, observed) =>
      kind !== 'ambiguous' && !between.includes(ours) && (observed.find(({ proxy }) => proxy === ours)?.own ?? 0) > 0,
  },
];

/** Why this is a difference of the others only; '' when no explanation fits. */
export function explain(difference: Difference, observed: readonly Observed[]): string {
  return explanations.find(({ holds }) => holds(difference, observed))?.text ?? '';
}
