import {
  accessSync,
  chmodSync,
  chownSync,
  closeSync,
  constants,
  fstatSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Account } from './account.ts';

/**
 * Where the sockets of the apps are: a directory of this process, which others may pass through but not look into, with one in it for each
 * process of an app, which only its user, the gate and the gate's workers may pass.
 */
export class RuntimeDirectory {
  readonly path: string;
  readonly #visitors: number | null;

  /** `visitors`: the group of those who connect to the apps, where that is not this process. Throws when there is no place for it. */
  constructor(visitors: number | null) {
    this.#visitors = visitors;
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
    if (process.geteuid?.() !== 0) return directory;
    chownSync(directory, uid, this.#visitors ?? gid);
    if (this.#visitors !== null) chmodSync(directory, 0o710);
    return directory;
  }

  /**
   * Lets those connect to an app's socket who may pass its directory. Its user can put something else in its place at any moment: what is
   * opened is what is looked at and changed, and only if it is a socket.
   */
  letVisit(socket: string): void {
    if (this.#visitors === null) return;
    const file = openSync(socket, pathOnly | constants.O_NOFOLLOW);
    try {
      if (fstatSync(file).isSocket()) chmodSync(`/proc/self/fd/${file}`, 0o666);
    } finally {
      closeSync(file);
    }
  }

  removePrivate(number: number): void {
    rmSync(join(this.path, String(number)), { recursive: true, force: true });
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

/** O_PATH of Linux, which Node.js has no name for: the file as such, which need not be openable. */
const pathOnly = 0o10000000;

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
