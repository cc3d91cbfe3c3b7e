import type { Socket } from 'node:net';

/**
 * Calls `receive` with every piece a socket brings, as a `'data'` listener does, for less: after each piece `Readable`
 * would plan, for the next tick, to look whether it should read on. A socket reads on by itself until it is paused, so
 * the plan is marked as made already; that spares each request a turn of the tick queue.
 */
export function onData(socket: Socket, receive: (bytes: Buffer) => void): void {
  const state: unknown = Reflect.get(socket, '_readableState');
  if (typeof state === 'object' && state !== null && 'readingMore' in state) state.readingMore = true;
  socket.on('data', receive);
}
