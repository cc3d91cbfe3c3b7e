import { X509Certificate } from 'node:crypto';
import type { Clock } from '../../../model/clock.ts';
import { describeError, UserError } from '../../../model/errors.ts';
import type { Log } from '../../../model/log.ts';
import type { CertificatePair } from '../../../model/site.ts';
import type { Vault } from '../vault/vault.ts';
import { validityOf, writeChain } from '../x509/chain.ts';
import { covers, parseSubjectName, type SubjectName } from '../x509/names.ts';
import { permits } from './constraints.ts';
import type { Hierarchy } from './hierarchy.ts';
import { clockIsWrong, type HierarchyHolder } from './holder.ts';
import { mintClient, mintLeaf } from './profile.ts';
import { day, lifeFrom, renewalTime, terms } from './terms.ts';

/** A leaf with the id of the root it was made under. */
interface HeldLeaf {
  readonly pair: CertificatePair;
  readonly rootId: string;
}

/** Reads names for a certificate, without repetitions. Throws a UserError that names the bad one. */
export function readNames(names: readonly string[]): SubjectName[] {
  const seen = new Map<string, SubjectName>();
  for (const name of names) {
    const subject = parseSubjectName(name);
    if (subject === null) {
      throw new UserError(`${JSON.stringify(name)} is neither a host name nor an address`, {
        code: 'name-invalid',
        cure: 'Write it like app.internal, *.app.internal, 192.168.1.10 or fd00::10.',
      });
    }
    seen.set(subject.value, subject);
  }
  if (seen.size === 0) throw new UserError('A certificate needs at least one name', { code: 'name-invalid' });
  return [...seen.values()];
}

/** Signs a client certificate of at most `length` milliseconds. Throws a UserError for a name that is none. */
export async function signClient(hierarchy: Hierarchy, name: string, length: number, now: number) {
  if (!/^[\p{L}\p{N}][\p{L}\p{N} ._@+-]{0,63}$/u.test(name)) {
    throw new UserError(`${JSON.stringify(name)} is no name for a client certificate`, {
      code: 'name-invalid',
      cure: 'Write up to 64 letters, digits, spaces and . _ @ + -, as in alice, alice@example.org or backup-server.',
    });
  }
  const life = lifeFrom(now, length, validityOf(hierarchy.intermediate).notAfter);
  const leaf = await mintClient(name, hierarchy.signer, life);
  return { chain: writeChain([leaf.certificate, hierarchy.intermediate]), key: leaf.key };
}

/** Signs a leaf of at most `length` milliseconds under the hierarchy; with the cross certificate while that is of use. */
export async function signLeaf(hierarchy: Hierarchy, names: readonly SubjectName[], length: number, now: number) {
  const refused = hierarchy.limits && names.find((name) => !permits(hierarchy.limits!, name));
  if (refused) {
    throw new UserError(`The in-house CA must not sign ${refused.value}: its root is limited to other names`, {
      code: 'name-not-permitted',
      cure: 'Use a name within the limits, or start a new in-house CA with wider ones.',
    });
  }
  const ends = validityOf(hierarchy.intermediate).notAfter;
  // A chain must not carry anything that ends before its leaf does: some clients refuse it whole.
  const crossEnds = hierarchy.cross === null ? 0 : validityOf(hierarchy.cross).notAfter;
  const bridge = hierarchy.cross !== null && crossEnds - now > 7 * day ? [hierarchy.cross] : [];
  const life = lifeFrom(now, length, bridge.length > 0 ? Math.min(ends, crossEnds) : ends);
  const leaf = await mintLeaf(names, hierarchy.signer, life);
  return { chain: writeChain([leaf.certificate, hierarchy.intermediate, ...bridge]), key: leaf.key };
}

/** The leaves of this gateway's own sites: stored by first name, made anew when due. */
export class Leaves {
  readonly #holder: HierarchyHolder;
  readonly #vault: Vault;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #held = new Map<string, HeldLeaf>();

  constructor(holder: HierarchyHolder, vault: Vault, clock: Clock, log: Log) {
    this.#holder = holder;
    this.#vault = vault;
    this.#clock = clock;
    this.#log = log;
  }

  async get(names: readonly string[]): Promise<CertificatePair> {
    const subjects = readNames(names);
    const key = subjects[0]!.value;
    const hierarchy = await this.#holder.current();
    const now = this.#clock.now();
    const held = this.#held.get(key) ?? (await this.#read(key));
    if (held && this.#isGood(held, subjects, hierarchy, now)) return this.#keep(key, held);
    if (now < validityOf(hierarchy.root).notBefore) {
      if (!held) throw clockIsWrong(now);
      this.#log.error('The clock is wrong; serving the stored certificate', {
        certificate: key,
        clock: new Date(now).toISOString(),
      });
      return this.#keep(key, held);
    }
    return this.#keep(key, await this.#renew(key, subjects, hierarchy, held));
  }

  #keep(key: string, leaf: HeldLeaf): CertificatePair {
    this.#held.set(key, leaf);
    return leaf.pair;
  }

  #isGood(leaf: HeldLeaf, names: readonly SubjectName[], hierarchy: Hierarchy, now: number): boolean {
    if (leaf.rootId !== hierarchy.rootId) return false;
    const certificate = new X509Certificate(leaf.pair.chain);
    return now < renewalTime(validityOf(certificate), now) && names.every((name) => covers(certificate, name.value));
  }

  async #read(key: string): Promise<HeldLeaf | null> {
    try {
      const stored = await this.#vault.read(key);
      return stored && { pair: stored.pair, rootId: stored.meta.facts.root ?? '' };
    } catch (error) {
      this.#log.error('A stored certificate cannot be read; a new one is made', {
        certificate: key,
        problem: describeError(error),
      });
      return null;
    }
  }

  async #renew(
    key: string,
    names: readonly SubjectName[],
    hierarchy: Hierarchy,
    held: HeldLeaf | null,
  ): Promise<HeldLeaf> {
    const now = this.#clock.now();
    const leaf = { pair: await signLeaf(hierarchy, names, terms.leaf, now), rootId: hierarchy.rootId };
    try {
      return await this.#holder.locked(async () => {
        // Another process may have been quicker.
        const stored = await this.#read(key);
        if (stored && this.#isGood(stored, names, hierarchy, now)) return stored;
        const facts = { root: hierarchy.rootId };
        await this.#vault.write(key, leaf.pair, { names: names.map((name) => name.value), issuer: 'internal', facts });
        this.#log.info('Made a certificate', { certificate: key, replaces: held !== null });
        return leaf;
      });
    } catch (error) {
      this.#log.error('A certificate of the in-house CA cannot be stored; it is served from memory', {
        certificate: key,
        problem: describeError(error),
      });
      return leaf;
    }
  }
}
