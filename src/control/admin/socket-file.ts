import { chmodSync, linkSync, lstatSync, mkdirSync, renameSync, unlinkSync } from 'node:fs';
import { connect, type Server } from 'node:net';
import { dirname } from 'node:path';
import { describeError, systemErrorCode, UserError } from '../../model/errors.ts';

/** The kernel's `sun_path` holds 108 bytes on Linux and 104 elsewhere, the last one being zero. */
const longestPath = process.platform === 'linux' ? 107 : 103;

/**
 * Makes `server` listen on the Unix socket `path`, which only its owner (and root) can use: the file is 0600 from its
 * first moment, a directory that has to be made is 0700. A socket file nobody listens on any more is replaced; with `takeOver` any
 * is, in one step, so that there is always one. The socket is made under another name first, because Node.js removes the name it was made
 * under when the server closes, which may by then be a successor's.
 * Rejects with a UserError: `control-in-use` when a process listens there, `control-unusable` otherwise.
 */
export async function listenOnSocketFile(server: Server, path: string, takeOver = false): Promise<void> {
  if (Buffer.byteLength(path) > longestPath) {
    throw unusable(path, `a socket's path may have ${longestPath} bytes, this one has ${Buffer.byteLength(path)}`);
  }
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  } catch (error) {
    throw unusable(path, describeError(error), error);
  }
  const aside = besides(path);
  try {
    await listenAside(server, path, aside);
    if (takeOver) renameSync(aside, path);
    else await claim(aside, path);
  } catch (error) {
    server.close();
    if (error instanceof UserError) throw error;
    throw systemErrorCode(error) === 'EADDRINUSE' ? inUse(path) : unusable(path, describeError(error), error);
  } finally {
    removeSocketFile(aside);
  }
}

/** A name of the same length in the same directory. */
function besides(path: string): string {
  const kept = path.slice(0, -1);
  return Buffer.byteLength(path) - Buffer.byteLength(kept) !== 1
    ? `${path}~`
    : path.endsWith('~')
      ? `${kept}-`
      : `${kept}~`;
}

async function listenAside(server: Server, path: string, aside: string): Promise<void> {
  try {
    await listen(server, aside);
  } catch (error) {
    if (systemErrorCode(error) !== 'EADDRINUSE') throw error;
    // Left by a process that was killed in this very moment, or one is just here.
    await removeStaleSocket(aside, path);
    await listen(server, aside);
  }
}

/** Gives the socket its name, which nobody else may have. */
async function claim(aside: string, path: string): Promise<void> {
  try {
    linkSync(aside, path);
  } catch (error) {
    if (systemErrorCode(error) !== 'EEXIST') throw error;
    await removeStaleSocket(path, path);
    try {
      linkSync(aside, path);
    } catch (again) {
      throw systemErrorCode(again) === 'EEXIST' ? inUse(path) : again;
    }
  }
}

/** Removes the socket file, if it is still there. */
export function removeSocketFile(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // Gone already, or not ours to remove any more: either way nothing of ours is left.
  }
}

function listen(server: Server, path: string): Promise<void> {
  return new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    // Node binds a Unix socket before listen() returns, so the mask holds for exactly that call.
    const before = process.umask(0o177);
    try {
      server.listen(path, () => {
        server.off('error', reject);
        resolve();
      });
    } finally {
      process.umask(before);
    }
  }).then(() => chmodSync(path, 0o600));
}

/** `path` is the one that the user knows. */
async function removeStaleSocket(file: string, path: string): Promise<void> {
  if (!lstatSync(file, { throwIfNoEntry: false })?.isSocket()) {
    throw unusable(path, 'there is a file of that name which is not a socket');
  }
  if (await somebodyListens(file)) throw inUse(path);
  removeSocketFile(file);
}

function somebodyListens(path: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const socket = connect(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', (error) => {
      const code = systemErrorCode(error);
      if (code === 'ECONNREFUSED' || code === 'ENOENT') resolve(false);
      // A full backlog (EAGAIN) is a sign of life too.
      else if (code === 'EAGAIN') resolve(true);
      else reject(unusable(path, describeError(error), error));
    });
  });
}

function inUse(path: string): UserError {
  return new UserError(`the control socket ${path} is in use; another process listens there`, {
    code: 'control-in-use',
    cure: 'Stop that process, or give this one a control socket of its own with `control:` or --control.',
  });
}

function unusable(path: string, why: string, cause?: unknown): UserError {
  return new UserError(`cannot open the control socket ${path}; ${why}`, {
    code: 'control-unusable',
    cure: 'Set `control:` in the configuration (or --control) to a path this user may write to.',
    cause,
  });
}
