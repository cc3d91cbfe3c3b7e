/** The thread that checks passwords, one after the other: what it is asked and what it answers is in password-thread.ts. */
import { setPriority } from 'node:os';
import { parentPort } from 'node:worker_threads';
import { verifyPassword } from './verify.ts';

try {
  // On Linux the priority is the thread's own: whoever floods it with passwords takes no time from those who are served.
  setPriority(10);
} catch {
  // Then it competes as an equal.
}

parentPort?.on('message', ({ id, password, hash }: { id: number; password: string; hash: string }) => {
  let matches = false;
  try {
    matches = verifyPassword(password, hash);
  } catch {
    // No memory for it, at worst: nobody passes whose password could not be checked.
  }
  parentPort?.postMessage({ id, matches });
});
