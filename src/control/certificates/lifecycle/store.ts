import type { Generation, Progress } from './record.ts';

export interface StoredCertificate {
  readonly name: string;
  readonly generation: Generation | null;
  readonly progress: Progress | null;
}

/** An ACME account as it is kept. `key` is PKCS #8 PEM, a secret. */
export interface StoredAccount {
  readonly key: string;
  /** '' until the CA told it. */
  readonly url: string;
  /** A key whose change may or may not have reached the CA; '' when none. */
  readonly nextKey: string;
}

/** Where accounts are kept; `issuer` is {@link Issuer.name}. */
export interface AccountStore {
  loadAccount(issuer: string): Promise<StoredAccount | null>;
  saveAccount(issuer: string, account: StoredAccount): Promise<void>;
}

/**
 * What the lifecycle needs of storage. Every method rejects when it could not do its work, and a save that resolved
 * is on disk. Saves of one certificate are never made concurrently.
 */
export interface CertificateStore extends AccountStore {
  /** Every certificate known; damaged ones are left out (and reported by the store itself). */
  loadAll(): Promise<readonly StoredCertificate[]>;
  /** Key, chain and facts together, replacing the previous generation at once. */
  saveGeneration(name: string, generation: Generation): Promise<void>;
  saveProgress(name: string, progress: Progress): Promise<void>;
  /** Rejects when a generation could not be saved now (disk full, read-only): asked before an order is spent. */
  probe(): Promise<void>;
}
