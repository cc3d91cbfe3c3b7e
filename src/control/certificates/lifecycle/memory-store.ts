import type { Generation, Progress } from './record.ts';
import type { CertificateStore, StoredAccount, StoredCertificate } from './store.ts';

/** Keeps everything in memory, for tests and simulations. */
export class MemoryStore implements CertificateStore {
  readonly generations = new Map<string, Generation>();
  readonly progress = new Map<string, Progress>();
  readonly accounts = new Map<string, StoredAccount>();

  async loadAll(): Promise<readonly StoredCertificate[]> {
    const names = new Set([...this.generations.keys(), ...this.progress.keys()]);
    return [...names].map((name) => ({
      name,
      generation: this.generations.get(name) ?? null,
      progress: this.progress.get(name) ?? null,
    }));
  }

  async saveGeneration(name: string, generation: Generation): Promise<void> {
    this.generations.set(name, generation);
  }

  async saveProgress(name: string, progress: Progress): Promise<void> {
    this.progress.set(name, progress);
  }

  async probe(): Promise<void> {}

  async loadAccount(issuer: string): Promise<StoredAccount | null> {
    return this.accounts.get(issuer) ?? null;
  }

  async saveAccount(issuer: string, account: StoredAccount): Promise<void> {
    this.accounts.set(issuer, account);
  }
}
