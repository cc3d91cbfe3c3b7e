import type { Owner } from '../../control/certificates/vault/owner.ts';
import { describeError } from '../../model/errors.ts';
import { version } from '../../model/version.ts';
import { isSocketHandle } from '../../traffic/listen/socket-handle.ts';
import type { ReadySocket } from '../systemd/activated-sockets.ts';
import { type Bequest, type FromSuccessor, successorMark, type ToSuccessor } from './messages.ts';

/** The program whose place this one takes. */
export interface Predecessor {
  readonly bequest: Bequest;
  /** This one serves beside it. Resolves with true when the lock on the state was given to `owner`; with false when the old program is gone. */
  ready(owner: Owner): Promise<boolean>;
  /** This one cannot serve, for that reason. */
  failed(error: unknown): void;
  /** This one does all that the old one did, which may end. */
  serving(): void;
}

/** Takes what a predecessor leaves, when this process was started to take its place; else null. */
export async function findPredecessor(): Promise<Predecessor | null> {
  const isMarked = process.env[successorMark] !== undefined;
  delete process.env[successorMark];
  if (!isMarked || process.send === undefined) return null;
  const sockets: ReadySocket[] = [];
  const began = Promise.withResolvers<Bequest>();
  const yours = Promise.withResolvers<boolean>();
  process.on('message', (message: ToSuccessor, handle: unknown) => {
    if (message.kind === 'socket' && isSocketHandle(handle)) {
      sockets.push({ door: message.door, address: message.address, handle });
    } else if (message.kind === 'begin') began.resolve({ sockets, tickets: message.tickets });
    else if (message.kind === 'yours') yours.resolve(true);
  });
  process.once('disconnect', () => {
    began.reject(new Error('the program that started this one has ended'));
    yours.resolve(false);
  });
  say({ kind: 'hello', version });
  return {
    bequest: await began.promise,
    ready(owner) {
      say({ kind: 'ready', owner });
      return yours.promise;
    },
    failed(error) {
      const errors: unknown[] = error instanceof AggregateError ? error.errors : [error];
      say({ kind: 'failed', messages: errors.map(describeError) });
    },
    serving() {
      say({ kind: 'serving' });
      process.channel?.unref();
    },
  };
}

function say(message: FromSuccessor): void {
  // The old program may go away at any moment; `disconnect` follows.
  process.send?.(message, undefined, {}, () => {});
}
