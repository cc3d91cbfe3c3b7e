import { X509Certificate } from 'node:crypto';
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { Clock } from '../../../model/clock.ts';
import { UserError } from '../../../model/errors.ts';
import type { Log } from '../../../model/log.ts';
import type { CertificatePair } from '../../../model/site.ts';
import { type Disk, systemDisk } from '../vault/disk.ts';
import { openVault } from '../vault/vault.ts';
import { type NameLimits, readLimits } from './constraints.ts';
import type { HierarchySources } from './hierarchy.ts';
import { HierarchyHolder } from './holder.ts';
import { Leaves, readNames, signClient, signLeaf } from './leaves.ts';
import { rootProfile } from './mobileconfig.ts';
import { day, terms } from './terms.ts';

export interface AuthorityOptions {
  /** Where the authority lives, e.g. `<state>/authority`; absolute. Made when missing. */
  readonly directory: string;
  readonly clock: Clock;
  readonly log: Log;
  /** Restricts what can ever be signed. Counts when the root is made; null (the default) means no limits. */
  readonly limits?: NameLimits | null;
  readonly disk?: Disk;
  /** This machine's name, for the root's common name. */
  readonly host?: string;
}

/** The in-house CA. Several processes may use one directory at the same time. */
export interface Authority {
  /** File that holds the root to install on devices, PEM, and nothing else. */
  readonly rootPath: string;
  /** The same as text. Another one after a rollover; the one before is then served too, to its end. */
  rootPem(): Promise<string>;
  /** The same, DER. */
  rootDer(): Promise<Buffer>;
  /** During a rollover the root that is on its way out, PEM; otherwise null. */
  previousRootPem(): Promise<string | null>;
  /** Apple configuration profile that installs the root, and the previous one during a rollover. */
  mobileconfig(): Promise<string>;
  /**
   * A certificate for a site of this gateway: the stored one until it is due (two thirds of its 90 days), then a new one.
   * Chain: leaf, intermediate and, during a root rollover, the new root as signed by the old one. When nothing can be stored, a sound
   * certificate is given all the same and the error log says so. Throws a UserError for names that cannot be signed.
   */
  leafFor(names: readonly string[]): Promise<CertificatePair>;
  /**
   * A certificate for another machine; not stored here. `days`: 90 by default, at most 825, which is what Apple devices accept.
   * Throws a UserError for other lengths and for names that cannot be signed.
   */
  issue(request: { readonly names: readonly string[]; readonly days?: number }): Promise<CertificatePair>;
  /** A certificate for a client to show to sites with `clientCertificates: internal`; otherwise as {@link issue}. */
  issueClient(request: { readonly name: string; readonly days?: number }): Promise<CertificatePair>;
}

function lengthOf(days: number): number {
  const longest = terms.longestLeaf / day;
  if (Number.isFinite(days) && days > 0 && days <= longest) return days * day;
  throw new UserError(`A certificate cannot be valid for ${days} days`, {
    code: 'lifetime-invalid',
    cure: `Choose a number from 1 to ${longest}: Apple devices refuse anything longer.`,
  });
}

/** Opens the in-house CA; the first time, makes its root and intermediate. Throws a UserError when the root is damaged or lost. */
export async function openAuthority(options: AuthorityOptions): Promise<Authority> {
  const { directory, clock, log, disk = systemDisk, host = hostname() } = options;
  const limits = options.limits ? readLimits(options.limits) : null;
  const common = { clock, log, disk };
  const sources: HierarchySources = {
    roots: openVault({
      ...common,
      directory: join(directory, 'roots'),
      keep: Number.POSITIVE_INFINITY,
      fallback: false,
    }),
    intermediates: openVault({ ...common, directory: join(directory, 'intermediates') }),
    log,
    host,
    limits,
  };
  const holder = new HierarchyHolder(directory, sources, clock, disk);
  const leaves = new Leaves(holder, openVault({ ...common, directory: join(directory, 'leaves') }), clock, log);
  const opened = await holder.current();
  if (limits !== null && JSON.stringify(opened.limits) !== JSON.stringify(limits)) {
    log.warn('The root of the in-house CA keeps the name limits it was made with', { wanted: JSON.stringify(limits) });
  }
  const rootPem = async () => (await holder.current()).root;
  return {
    rootPath: holder.rootPath,
    rootPem,
    rootDer: async () => new X509Certificate(await rootPem()).raw,
    previousRootPem: async () => (await holder.current()).previousRoot,
    async mobileconfig() {
      const { root, previousRoot } = await holder.current();
      return rootProfile(previousRoot === null ? [root] : [root, previousRoot]);
    },
    leafFor: (names) => leaves.get(names),
    async issue({ names, days = 90 }) {
      const subjects = readNames(names);
      return await signLeaf(await holder.current(), subjects, lengthOf(days), clock.now());
    },
    async issueClient({ name, days = 90 }) {
      return await signClient(await holder.current(), name, lengthOf(days), clock.now());
    },
  };
}
