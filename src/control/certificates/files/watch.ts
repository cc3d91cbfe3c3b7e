import type { Clock, Timer } from '../../../model/clock.ts';
import { describeError, UserError } from '../../../model/errors.ts';
import type { Log } from '../../../model/log.ts';
import type { CertificateFiles, CertificatePair } from '../../../model/site.ts';
import { DirectoryWatch } from './directories.ts';
import { lintPair } from './lint.ts';
import { fingerprint, type LoadedPair, loadPair } from './load.ts';

export interface WatchOptions {
  /** The site's names, for the warnings about a new pair. */
  readonly names: readonly string[];
  readonly clock: Clock;
  readonly log: Log;
  /** Serves these pairs from now on: all of the site's, in the order of its files. When it rejects, it is called again within a minute. */
  onChanged(pairs: readonly CertificatePair[]): void | Promise<void>;
}

/** Follows a site's own certificate files. */
export interface FileWatcher {
  /** The pairs as last read whole. */
  pairs(): readonly CertificatePair[];
  /** Looks at once instead of at the next event. Resolves when what was found has been taken up or refused. */
  check(): Promise<void>;
  close(): void;
}

/** Between the last event and the look: programs write certificate and key one after the other. Milliseconds. */
const settle = 500;
/** A broken pair is looked at again after this before it is shouted: the other half may be on its way. */
const grace = 3_000;
/** File systems that give no events are asked this often. */
const pollInterval = 60_000;
/** What is wrong with a pair is said again this often: its end may be near meanwhile. */
const reminder = 86_400_000;

/**
 * Loads the pairs and follows their files: rename into place, new content, and symbolic links that are pointed elsewhere
 * (certbot's `live/`, Kubernetes secrets). A broken new pair keeps the old one and is named in the error log.
 * Throws a UserError when a pair is broken at the start.
 */
export async function watchCertificateFiles(
  files: readonly CertificateFiles[],
  options: WatchOptions,
): Promise<FileWatcher> {
  const loaded: LoadedPair[] = [];
  for (const each of files) loaded.push(await loadPair(each));
  const follower = new Follower(loaded, options);
  await follower.start();
  return follower;
}

class Follower implements FileWatcher {
  readonly #options: WatchOptions;
  readonly #loaded: LoadedPair[];
  readonly #directories: DirectoryWatch;
  /** Fingerprints of broken pairs by position: seen once, or already shouted about. */
  readonly #broken = new Map<number, { readonly fingerprint: string; readonly told: boolean }>();
  #soon: Timer | null = null;
  #poll: Timer | null = null;
  #looking: Promise<void> = Promise.resolve();
  /** Whether `onChanged` has yet to succeed for what is loaded. */
  #unserved = false;
  #remindedAt = 0;
  #closed = false;

  constructor(loaded: LoadedPair[], options: WatchOptions) {
    this.#loaded = loaded;
    this.#options = options;
    this.#directories = new DirectoryWatch(() => this.#planCheck(settle), options.log);
  }

  async start(): Promise<void> {
    this.#remind();
    await this.#directories.follow(this.#loaded.flatMap(({ files }) => [files.certificate, files.key]));
    // Whatever changed between the loading and the watching.
    this.#planCheck(settle);
    this.#planPoll();
  }

  pairs(): readonly CertificatePair[] {
    return this.#loaded.map((each) => each.pair);
  }

  async check(): Promise<void> {
    const turn = this.#looking.then(() => this.#look());
    this.#looking = turn.catch((error: unknown) => {
      this.#options.log.error('Cannot follow certificate files', { problem: describeError(error) });
    });
    await this.#looking;
  }

  close(): void {
    this.#closed = true;
    this.#soon?.cancel();
    this.#poll?.cancel();
    this.#directories.close();
  }

  #planPoll(): void {
    if (this.#closed) return;
    this.#poll = this.#options.clock.after(pollInterval, () => void this.check().then(() => this.#planPoll()));
  }

  #planCheck(delay: number): void {
    if (this.#closed) return;
    this.#soon?.cancel();
    this.#soon = this.#options.clock.after(delay, () => void this.check());
  }

  async #look(): Promise<void> {
    if (this.#closed) return;
    await this.#directories.follow(this.#loaded.flatMap(({ files }) => [files.certificate, files.key]));
    if (Math.abs(this.#options.clock.now() - this.#remindedAt) >= reminder) this.#remind();
    for (const position of this.#loaded.keys()) {
      if (await this.#lookAt(position)) this.#unserved = true;
    }
    if (!this.#unserved || this.#closed) return;
    await this.#options.onChanged(this.pairs());
    this.#unserved = false;
  }

  /** Whether another pair is loaded now. */
  async #lookAt(position: number): Promise<boolean> {
    const current = this.#loaded[position]!;
    const seen = await fingerprint(current.files);
    if (seen === current.fingerprint) return false;
    const broken = this.#broken.get(position);
    if (broken?.fingerprint === seen && broken.told) return false;
    try {
      const next = await loadPair(current.files);
      this.#loaded[position] = next;
      this.#broken.delete(position);
      if (next.pair.chain === current.pair.chain && next.pair.key === current.pair.key) return false;
      this.#options.log.info('A certificate file has changed; the new certificate is taken up', {
        file: next.files.certificate,
      });
      this.#warn(next);
      return true;
    } catch (error) {
      this.#refuse(position, seen, broken?.fingerprint === seen, error);
      return false;
    }
  }

  #refuse(position: number, seen: string, again: boolean, error: unknown): void {
    this.#broken.set(position, { fingerprint: seen, told: again });
    if (!again) {
      this.#planCheck(grace);
      return;
    }
    const cure = error instanceof UserError ? error.cure : undefined;
    this.#options.log.error('The new certificate cannot be used; the old one is still served', {
      file: this.#loaded[position]!.files.certificate,
      problem: describeError(error),
      cure,
    });
  }

  #remind(): void {
    this.#remindedAt = this.#options.clock.now();
    for (const each of this.#loaded) this.#warn(each);
  }

  #warn({ pair, files, keyMode }: LoadedPair): void {
    const context = { now: this.#options.clock.now(), keyFile: { path: files.key, mode: keyMode } };
    for (const { code, message, cure } of lintPair(pair, this.#options.names, context)) {
      const level = code === 'expired' ? 'error' : 'warn';
      this.#options.log[level](message, { file: files.certificate, code, cure });
    }
  }
}
