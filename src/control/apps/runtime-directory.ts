import { accessSync, chmodSync, chownSync, constants, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Account } from './account.ts';

/**
 * Where the sockets of the apps are: a directory of this process, which others may pass through but not look into, with one in it for each
 * process of an app, which only its user and the gate may pass.
 */
export class RuntimeDirectory {
  readonly path: string;

  /** Throws when there is no place for it. */
  constructor() {
    this.path = mkdtempSync(join(placeForSockets(), 'sallyport-'));
    chmodSync(this.path, 0o711);
  }

  /** Puts a file that every app may read into a directory of such, and gives the path of that. */
  share(directory: string, name: string, text: string): string {
    const shared = join(this.path, directory);
    mkdirSync(shared, { recursive: true });
    chmodSync(shared, 0o755);
    writeFileSync(join(shared, name), text);
    chmodSync(join(shared, name), 0o644);
    return shared;
  }

  /** The directory of the process `number` of an app. */
  makePrivate(number: number, { uid, gid }: Account): string {
    const directory = join(this.path, String(number));
    mkdirSync(directory, { mode: 0o700 });
    if (process.geteuid?.() === 0) chownSync(directory, uid, gid);
    return directory;
  }

  removePrivate(number: number): void {
    rmSync(join(this.path, String(number)), { recursive: true, force: true });
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

/** The first place for short-lived sockets that may be written to. Their paths must stay short. */
function placeForSockets(): string {
  const { RUNTIME_DIRECTORY = '', XDG_RUNTIME_DIR = '' } = process.env;
  const places = [RUNTIME_DIRECTORY, process.geteuid?.() === 0 ? '/run' : XDG_RUNTIME_DIR];
  return places.find((place) => place.startsWith('/') && isWritable(place)) ?? tmpdir();
}

function isWritable(directory: string): boolean {
  try {
    accessSync(directory, constants.W_OK | constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
