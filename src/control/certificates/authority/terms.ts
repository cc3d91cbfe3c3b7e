import type { Validity } from '../x509/chain.ts';

const minute = 60_000;
export const hour = 60 * minute;
export const day = 24 * hour;

/** How long our certificates live and when each is followed by the next. Milliseconds. */
export const terms = Object.freeze({
  /** Everything begins this much earlier than now, for clients whose clock is behind. */
  backdate: 5 * minute,
  root: 3650 * day,
  /** The next root is made this long before the old one ends: the time there is to install it everywhere. */
  rootSuccession: 1095 * day,
  intermediate: 1825 * day,
  /** Followed while it has more left than any certificate it may have to sign. */
  intermediateSuccession: 900 * day,
  /** Leaves of our own sites. */
  leaf: 90 * day,
  /** Longest for other machines: Apple's limit, which holds for private roots too. */
  longestLeaf: 825 * day,
});

/** A life that begins (backdated) now and ends after `length`, but not after `end`. */
export function lifeFrom(now: number, length: number, end = Number.POSITIVE_INFINITY): Validity {
  // Certificates count whole seconds.
  const notBefore = Math.floor((now - terms.backdate) / 1000) * 1000;
  return { notBefore, notAfter: Math.min(notBefore + length, end) };
}

/** When a leaf should be renewed: after two thirds of its life. A certificate from the future (the clock was wrong) is due at once. */
export function renewalTime({ notBefore, notAfter }: Validity, now: number): number {
  if (notBefore > now) return now;
  return notBefore + Math.floor(((notAfter - notBefore) * 2) / 3);
}
