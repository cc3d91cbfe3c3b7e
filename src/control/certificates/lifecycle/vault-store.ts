import { join } from 'node:path';
import { z } from 'zod';
import type { Clock } from '../../../model/clock.ts';
import { describeError } from '../../../model/errors.ts';
import type { Log } from '../../../model/log.ts';
import { type Disk, systemDisk } from '../vault/disk.ts';
import { encodeName, type StoredCertificate as VaultEntry } from '../vault/entry.ts';
import { openRecords, type Records } from '../vault/records.ts';
import { openVault, type Vault } from '../vault/vault.ts';
import { readChain, validityOf } from '../x509/chain.ts';
import { progressSchema } from './progress-schema.ts';
import type { Generation, Progress } from './record.ts';
import type { CertificateStore, StoredAccount, StoredCertificate } from './store.ts';

const accountSchema = z.object({ key: z.string(), url: z.string(), nextKey: z.string() });

export interface VaultStoreOptions {
  /** The state directory; absolute. */
  readonly state: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly disk?: Disk;
}

/**
 * The lifecycle's storage in the state directory: certificates in `certificates/`, what is remembered of their renewal in
 * `progress/`, accounts in `accounts/`. Whoever writes holds the lock of the state directory.
 */
export class VaultStore implements CertificateStore {
  readonly #directory: string;
  readonly #vault: Vault;
  readonly #progress: Records<Progress>;
  readonly #accounts: Records<StoredAccount>;
  readonly #log: Log;

  constructor({ state, clock, log, disk = systemDisk }: VaultStoreOptions) {
    this.#directory = join(state, 'certificates');
    this.#vault = openVault({ directory: this.#directory, clock, log, disk });
    this.#progress = openRecords({ directory: join(state, 'progress'), schema: progressSchema, log, disk });
    this.#accounts = openRecords({ directory: join(state, 'accounts'), schema: accountSchema, log, disk });
    this.#log = log;
  }

  async loadAll(): Promise<readonly StoredCertificate[]> {
    const progress = await this.#progress.loadAll();
    const names = new Set([...(await this.#vault.names()), ...progress.keys()]);
    return Promise.all(
      [...names].map(async (name) => {
        return { name, generation: await this.#generation(name), progress: progress.get(name) ?? null };
      }),
    );
  }

  async saveGeneration(name: string, generation: Generation): Promise<void> {
    const { names, pair, issuer, renewalId, obtainedAt } = generation;
    await this.#vault.write(name, pair, { names, issuer, facts: { renewalId, obtainedAt: String(obtainedAt) } });
  }

  saveProgress(name: string, progress: Progress): Promise<void> {
    return this.#progress.save(name, progress);
  }

  probe(): Promise<void> {
    return this.#vault.assertWritable();
  }

  loadAccount(issuer: string): Promise<StoredAccount | null> {
    return this.#accounts.load(issuer);
  }

  saveAccount(issuer: string, account: StoredAccount): Promise<void> {
    return this.#accounts.save(issuer, account);
  }

  /** Where other programs find the certificate `name`: a link leads to the newest generation. */
  filesOf(name: string): { readonly certificate: string; readonly key: string } {
    const current = join(this.#directory, encodeName(name), 'current');
    return { certificate: join(current, 'chain.pem'), key: join(current, 'key.pem') };
  }

  async #generation(name: string): Promise<Generation | null> {
    try {
      const entry = await this.#vault.read(name);
      return entry && toGeneration(entry);
    } catch (error) {
      this.#log.error('a stored certificate cannot be used', { name, error: describeError(error) });
      return null;
    }
  }
}

function toGeneration({ pair, meta, storedAt }: VaultEntry): Generation {
  const [leaf] = readChain(pair.chain);
  if (!leaf) throw new Error('no certificate in the chain');
  const obtainedAt = Number(meta.facts.obtainedAt);
  return {
    names: meta.names,
    pair,
    issuer: meta.issuer,
    ...validityOf(leaf),
    renewalId: meta.facts.renewalId ?? '',
    obtainedAt: Number.isFinite(obtainedAt) ? obtainedAt : storedAt,
  };
}
