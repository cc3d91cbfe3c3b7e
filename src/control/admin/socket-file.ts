import { chmodSync, lstatSync, mkdirSync, unlinkSync } from 'node:fs';
import { connect, type Server } from 'node:net';
import { dirname } from 'node:path';
import { describeError, systemErrorCode, UserError } from '../../model/errors.ts';

/** The kernel's `sun_path` holds 108 bytes on Linux and 104 elsewhere, the last one being zero. */
const longestPath = process.platform === 'linux' ? 107 : 103;

/**
 * Makes `server` listen on the Unix socket `path`, which only its owner (and root) can use: the file is 0600 from its
 * first moment, a directory that has to be made is 0700. A socket file nobody listens on any more is replaced.
 * Rejects with a UserError: `control-in-use` when a process listens there, `control-unusable` otherwise.
 */
export async function listenOnSocketFile(server: Server, path: string): Promise<void> {
  if (Buffer.byteLength(path) > longestPath) {
    throw unusable(path, `a socket's path may have ${longestPath} bytes, this one has ${Buffer.byteLength(path)}`);
  }
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  } catch (error) {
    throw unusable(path, describeError(error), error);
  }
  try {
    await listen(server, path);
    return;
  } catch (error) {
    if (systemErrorCode(error) !== 'EADDRINUSE') throw unusable(path, describeError(error), error);
  }
  await removeStaleSocket(path);
  try {
    await listen(server, path);
  } catch (error) {
    if (systemErrorCode(error) === 'EADDRINUSE') throw inUse(path);
    throw unusable(path, describeError(error), error);
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

async function removeStaleSocket(path: string): Promise<void> {
  if (!lstatSync(path, { throwIfNoEntry: false })?.isSocket()) {
    throw unusable(path, 'there is a file of that name which is not a socket');
  }
  if (await somebodyListens(path)) throw inUse(path);
  removeSocketFile(path);
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
    cure: 'stop that process, or give this one a control socket of its own with `control:` or --control',
  });
}

function unusable(path: string, why: string, cause?: unknown): UserError {
  return new UserError(`cannot open the control socket ${path}; ${why}`, {
    code: 'control-unusable',
    cure: 'set `control:` in the configuration (or --control) to a path this user may write to',
    cause,
  });
}
