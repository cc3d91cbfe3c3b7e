import type { ClientTrust } from '../../../model/access.ts';
import type { Clock } from '../../../model/clock.ts';
import { describeError, UserError } from '../../../model/errors.ts';
import type { Log } from '../../../model/log.ts';
import { followFiles } from '../files/follow.ts';
import { loadTrust, type TrustFiles } from './load-trust.ts';

const day = 86_400_000;

export interface TrustOptions {
  readonly clock: Clock;
  readonly log: Log;
  /** Other CAs or revocations count from now on. */
  onChanged(): void;
}

/** Whose client certificates a site takes, as its files last said it whole. */
export interface FollowedTrust {
  trust(): ClientTrust;
  close(): void;
}

/**
 * Reads the files of a site's trust and follows them. A broken new file changes nothing and is named in the error log.
 * Throws a UserError when one is broken at the start.
 */
export async function followTrust(files: TrustFiles, { clock, log, onChanged }: TrustOptions): Promise<FollowedTrust> {
  let current = await loadTrust(files, clock.now(), log);
  const paths = [files.ca, ...(files.revocations === null ? [] : [files.revocations])];
  const followed = await followFiles(paths, {
    clock,
    log,
    onChanged: async () => {
      try {
        const next = await loadTrust(files, clock.now(), log);
        if (next.ca === current.ca && next.revocations.join() === current.revocations.join()) return;
        current = next;
        log.info('Client certificates are judged by changed files from now on', { files: paths.join(' ') });
      } catch (error) {
        const cure = error instanceof UserError ? error.cure : undefined;
        const problem = describeError(error);
        log.error('A file about client certificates cannot be used; the one before still counts', { problem, cure });
        return;
      }
      onChanged();
    },
  });
  let reminder = clock.after(day, remind);
  /** Says again what refuses clients, such as a list that has ended since. */
  function remind(): void {
    reminder = clock.after(day, remind);
    loadTrust(files, clock.now(), log).catch(() => {
      // A broken file was told of when it changed.
    });
  }
  const close = (): void => {
    reminder.cancel();
    followed.close();
  };
  return { trust: () => current, close };
}
