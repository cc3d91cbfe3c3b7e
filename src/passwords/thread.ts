/** The thread that checks passwords, one after the other: what it is asked and what it answers is in password-thread.ts. */
import { getPriority, setPriority } from 'node:os';
import { parentPort } from 'node:worker_threads';
import { verifyPassword } from './verify.ts';

lowerOwnPriority();

parentPort?.on('message', ({ id, password, hash }: { id: number; password: string; hash: string }) => {
  let matches = false;
  try {
    matches = verifyPassword(password, hash);
  } catch {
    // No memory for it, at worst: nobody passes whose password could not be checked.
  }
  parentPort?.postMessage({ id, matches });
});

/**
 * On Linux a priority is a thread's own: whoever floods this one with passwords takes little time from those who are served. Elsewhere it is
 * the whole process's, which must not become slower.
 */
function lowerOwnPriority(): void {
  if (process.platform !== 'linux') return;
  try {
    setPriority(Math.min(19, getPriority() + 10));
  } catch {
    // Then it competes as an equal.
  }
}
