import type { Observed } from './observe.ts';

/** Two proxies that let one input through and cut it into different messages. */
export interface Difference {
  readonly kind: 'different request' | 'one request more' | 'ambiguous';
  readonly between: readonly [string, string];
}

/**
 * Who differs from whom. That one refuses, answers itself, or closes, where the other goes on is no difference: nothing wrong got
 * through. One is that both passed a request on that is not the same, or that one has passed on a request which for the other, still
 * waiting for bytes, is part of a body. What an app can read in two ways is one by itself.
 */
export function compare(observed: readonly Observed[]): Difference[] {
  const differences: Difference[] = observed
    .filter(({ ambiguity }) => ambiguity !== '')
    .map(({ proxy, ambiguity }) => ({ kind: 'ambiguous', between: [proxy, ambiguity] }));
  for (const [index, one] of observed.entries()) {
    for (const other of observed.slice(index + 1)) {
      const kind = differs(one, other);
      if (kind !== null) differences.push({ kind, between: [one.proxy, other.proxy] });
    }
  }
  return differences;
}

/** Walks both lists side by side; requests that only one let through must be as many as the other answered itself, or closed at. */
function differs(one: Observed, other: Observed): Difference['kind'] | null {
  let [i, j] = [0, 0];
  let [own, others] = [one.own, other.own];
  while (i < one.requests.length && j < other.requests.length) {
    const skipped = distance(one.requests[i]!, other.requests, j, own);
    const skipping = distance(other.requests[j]!, one.requests, i, others);
    if (skipped >= 0) {
      own -= skipped;
      j += skipped + 1;
      i++;
    } else if (skipping >= 0) {
      others -= skipping;
      i += skipping + 1;
      j++;
    } else if (own > 0 && others > 0) {
      // Each has answered itself what the other let through.
      own--;
      others--;
      i++;
      j++;
    } else {
      return 'different request';
    }
  }
  const behind = i < one.requests.length ? { side: other, left: others } : { side: one, left: own };
  const more = Math.max(one.requests.length - i, other.requests.length - j);
  return more > behind.left && behind.side.end === 'waiting' ? 'one request more' : null;
}

/** How far behind `from` a request stands; -1 when it does not within `most`. */
function distance(request: string, list: readonly string[], from: number, most: number): number {
  const at = list.indexOf(request, from);
  return at < 0 || at - from > most ? -1 : at - from;
}
