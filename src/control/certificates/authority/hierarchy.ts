import { createHash, X509Certificate } from 'node:crypto';
import { z } from 'zod';
import { UserError } from '../../../model/errors.ts';
import type { Log } from '../../../model/log.ts';
import type { StoredCertificate } from '../vault/entry.ts';
import type { Vault } from '../vault/vault.ts';
import { readChain, readKey, type Validity, validityOf, writeChain } from '../x509/chain.ts';
import type { NameLimits } from './constraints.ts';
import { mintCross, mintIntermediate, mintRoot, readSigner, type Signer } from './profile.ts';
import { day, lifeFrom, terms } from './terms.ts';

/** The authority's own certificates at one moment. All PEM. */
export interface Hierarchy {
  /** The root to install. */
  readonly root: string;
  /** Names the root's key: what was signed under another root is signed anew. */
  readonly rootId: string;
  /** The root before it while it is valid. Devices that know only this one are served too, by way of `cross`. */
  readonly previousRoot: string | null;
  /** `root`, signed by the previous one. */
  readonly cross: string | null;
  readonly intermediate: string;
  /** The intermediate, to sign leaves with. */
  readonly signer: Signer;
  readonly limits: NameLimits | null;
}

/** What the hierarchy is built from. */
export interface HierarchySources {
  /** Holds the entry `root`; never falls back to an earlier generation. */
  readonly roots: Vault;
  /** Holds the entry `intermediate`. */
  readonly intermediates: Vault;
  readonly log: Log;
  /** Name of this machine, for the root's common name. */
  readonly host: string;
  /** Used when the root is made; a root that exists keeps its own. */
  readonly limits: NameLimits | null;
}

const limitsSchema = z.strictObject({ dns: z.array(z.string()), networks: z.array(z.string()) });

/** The limits a root was made with. */
function limitsOf(root: StoredCertificate): NameLimits | null {
  const text = root.meta.facts.limits;
  return text === undefined ? null : limitsSchema.parse(JSON.parse(text));
}

function keyId(certificate: string): string {
  const spki = new X509Certificate(certificate).publicKey.export({ type: 'spki', format: 'der' });
  return createHash('sha256').update(spki).digest('hex');
}

function rootName(host: string, now: number): string {
  const date = new Date(now).toISOString().slice(0, 10);
  // A common name has at most 64 characters.
  return `Sallyport ${host.slice(0, 64 - 'Sallyport  Root 2000-01-01'.length)} Root ${date}`;
}

async function storeRoot(sources: HierarchySources, chain: string[], key: string, limits: NameLimits | null) {
  return await sources.roots.write(
    'root',
    { chain: writeChain(chain), key },
    { names: [], issuer: 'internal', facts: limits ? { limits: JSON.stringify(limits) } : {} },
  );
}

async function firstRoot(sources: HierarchySources, now: number): Promise<StoredCertificate> {
  const { limits, log, host } = sources;
  const root = await mintRoot(rootName(host, now), lifeFrom(now, terms.root), limits);
  log.info('Made the root of the in-house CA', { name: rootName(host, now) });
  return await storeRoot(sources, [root.certificate], root.key, limits);
}

/**
 * The next root, stored together with its certificate from the old one, so both kinds of devices are served from the same moment on.
 * It begins when the old one began: were the clock wrong today, it would be valid tomorrow all the same.
 */
async function nextRoot(sources: HierarchySources, stored: StoredCertificate, now: number): Promise<StoredCertificate> {
  const old = readChain(stored.pair.chain)[0]!.toString();
  const life = validityOf(old);
  const limits = limitsOf(stored);
  const root = await mintRoot(
    rootName(sources.host, now),
    { ...lifeFrom(now, terms.root), notBefore: life.notBefore },
    limits,
  );
  const ended = life.notAfter <= now;
  const signer = await readSigner(old, readKey(stored.pair.key));
  const bridge = ended ? [] : [await mintCross(root.certificate, signer, life, limits), old];
  const written = await storeRoot(sources, [root.certificate, ...bridge], root.key, limits);
  const until = new Date(life.notAfter).toISOString().slice(0, 10);
  if (ended)
    sources.log.error('The root of the in-house CA had expired; a new one was made. Install it on every device', {
      expired: until,
    });
  else
    sources.log.warn('A new root of the in-house CA was made. Install it on every device before the old one ends', {
      oldEnds: until,
    });
  return written;
}

async function readRoot(roots: Vault): Promise<StoredCertificate | null> {
  try {
    return await roots.read('root');
  } catch (error) {
    if (!(error instanceof UserError) || error.code !== 'certificate-damaged') throw error;
    throw new UserError('The root of the in-house CA is damaged, and a new one would not be trusted by any device', {
      code: 'authority-root-damaged',
      cure: `${error.message}. Restore it from a backup; or remove the directory of the in-house CA to start with a new root, which every device must then install.`,
      cause: error,
    });
  }
}

/** Damage was told and set aside by the vault; an intermediate can be made again without anybody noticing. */
async function readIntermediate(intermediates: Vault): Promise<StoredCertificate | null> {
  try {
    return await intermediates.read('intermediate');
  } catch (error) {
    if (error instanceof UserError && error.code === 'certificate-damaged') return null;
    throw error;
  }
}

function intermediateIsCurrent(stored: StoredCertificate, rootId: string, root: Validity, now: number): boolean {
  if (stored.meta.facts.root !== rootId) return false;
  // The clock is wrong: nothing made now would be better.
  if (now < root.notBefore) return true;
  const life = validityOf(stored.pair.chain);
  if (life.notBefore > now) return false;
  const enough = life.notAfter - now >= terms.intermediateSuccession;
  return enough || Math.min(now + terms.intermediate, root.notAfter) < life.notAfter + day;
}

async function newIntermediate(sources: HierarchySources, root: StoredCertificate, rootId: string, now: number) {
  const certificate = readChain(root.pair.chain)[0]!.toString();
  const signer = await readSigner(certificate, readKey(root.pair.key));
  const life = lifeFrom(now, terms.intermediate, validityOf(certificate).notAfter);
  const name = signer.certificate.subjectName.getField('CN')[0]?.replace(' Root ', ' CA ') ?? 'Sallyport CA';
  const made = await mintIntermediate(name, signer, life, limitsOf(root));
  const pair = { chain: made.certificate, key: made.key };
  return await sources.intermediates.write('intermediate', pair, {
    names: [],
    issuer: 'internal',
    facts: { root: rootId },
  });
}

/**
 * How far loading may go: `stored` takes what there is, `current` gives null when something is missing or near its end,
 * `mint` makes it (only under the authority's lock).
 */
export type LoadMode = 'stored' | 'current' | 'mint';

async function loadRoot(sources: HierarchySources, now: number, mode: LoadMode): Promise<StoredCertificate | null> {
  const stored = await readRoot(sources.roots);
  if (stored === null) return mode === 'mint' ? await firstRoot(sources, now) : null;
  if (mode === 'stored' || validityOf(stored.pair.chain).notAfter - now >= terms.rootSuccession) return stored;
  return mode === 'mint' ? await nextRoot(sources, stored, now) : null;
}

async function loadIntermediate(sources: HierarchySources, root: StoredCertificate, now: number, mode: LoadMode) {
  const stored = await readIntermediate(sources.intermediates);
  if (stored !== null && mode === 'stored') return stored;
  const certificate = readChain(root.pair.chain)[0]!.toString();
  const rootId = keyId(certificate);
  if (stored !== null && intermediateIsCurrent(stored, rootId, validityOf(certificate), now)) return stored;
  return mode === 'mint' ? await newIntermediate(sources, root, rootId, now) : null;
}

/** Reads the hierarchy and brings it up to date as far as `mode` allows. Null when there is none of the wanted kind. */
export async function loadHierarchy(sources: HierarchySources, now: number, mode: LoadMode): Promise<Hierarchy | null> {
  const root = await loadRoot(sources, now, mode);
  if (root === null) return null;
  const intermediate = await loadIntermediate(sources, root, now, mode);
  if (intermediate === null) return null;
  const [current, cross, previous] = readChain(root.pair.chain);
  const bridged = cross && previous && validityOf(previous).notAfter > now;
  return {
    root: writeChain([current!]),
    rootId: keyId(current!.toString()),
    previousRoot: bridged ? writeChain([previous]) : null,
    cross: bridged ? writeChain([cross]) : null,
    intermediate: intermediate.pair.chain,
    signer: await readSigner(intermediate.pair.chain, readKey(intermediate.pair.key)),
    limits: limitsOf(root),
  };
}
