import { randomBytes } from 'node:crypto';

/** Tells the ids of different processes apart. */
const prefix = randomBytes(5).toString('hex');
let count = 0;

/** An id that no other request has, short enough to be read out on the telephone. */
export function nextRequestId(): string {
  count++;
  return `${prefix}-${count.toString(36)}`;
}
