import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { RunningProcess } from './process.ts';

/**
 * Waits until something accepts connections at a TCP port of 127.0.0.1 or a Unix socket, for programs that do not say so.
 * Rejects with the program's output if it ends first, or after ten seconds.
 */
export async function untilListening(at: number | string, program: RunningProcess): Promise<void> {
  const deadline = Date.now() + 10_000;
  let ended = false;
  void program.exited.then(() => {
    ended = true;
  });
  while (!(await accepts(at))) {
    if (ended || Date.now() > deadline) {
      throw new Error(`nothing listens at ${at}\n--- stdout\n${program.stdout()}--- stderr\n${program.stderr()}`);
    }
    await delay(20);
  }
  if (ended) throw new Error(`another program listens at ${at}: address already in use\n${program.stderr()}`);
}

function accepts(at: number | string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = typeof at === 'number' ? connect(at, '127.0.0.1') : connect(at);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
