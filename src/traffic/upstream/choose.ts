import type { Member } from './member.ts';

/** A target that could be chosen, and how much it counts. */
export interface Candidate {
  readonly member: Member;
  /** Its weight, less while it returns; above 0. */
  readonly weight: number;
}

/**
 * Each in its turn, as often as its weight says and spread evenly: everybody's turn comes nearer by his weight, and who is
 * nearest goes back by the sum.
 */
export function inTurn(candidates: readonly Candidate[]): Member | null {
  let best: Member | null = null;
  let sum = 0;
  for (const { member, weight } of candidates) {
    member.turn += weight;
    sum += weight;
    if (best === null || member.turn > best.turn) best = member;
  }
  if (best !== null) best.turn -= sum;
  return best;
}

/** The one with the fewest requests under way for its weight; in turn among equals. */
export function leastBusy(candidates: readonly Candidate[]): Member | null {
  let least = Number.POSITIVE_INFINITY;
  let equals: Candidate[] = [];
  for (const candidate of candidates) {
    const load = candidate.member.endpoint.active / candidate.weight;
    if (load > least) continue;
    if (load < least) equals = [];
    least = load;
    equals.push(candidate);
  }
  return inTurn(equals);
}

/**
 * The same one for the same address as long as it is there (rendezvous hashing): of all marks that address and target make
 * together, the lowest wins, so that one that comes or goes moves only the clients that are its own.
 */
export function byAddress(candidates: readonly Candidate[], address: string): Member | null {
  let best: Member | null = null;
  let lowest = Number.POSITIVE_INFINITY;
  for (const { member, weight } of candidates) {
    const mark = -Math.log(fraction(member.seed, address)) / weight;
    if (mark >= lowest) continue;
    lowest = mark;
    best = member;
  }
  return best;
}

/** Evenly spread over the numbers between 0 and 1: FNV-1a, then the final mix of MurmurHash3. */
function fraction(seed: number, text: string): number {
  let hash = (seed ^ 0x811c9dc5) | 0;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  hash ^= hash >>> 16;
  return ((hash >>> 0) + 0.5) / 2 ** 32;
}
