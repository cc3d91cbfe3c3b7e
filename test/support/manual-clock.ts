import type { Clock } from '../../src/model/clock.ts';

/** A clock that stands still until told otherwise. */
export interface ManualClock extends Clock {
  /** Sets the wall clock; timers are not touched. */
  set(time: number): void;
  /** Timers that are waiting. */
  readonly waiting: number;
  /** Moves on to the earliest timer, runs it, and resolves when the next one has been set. */
  runToNext(): Promise<void>;
  /** Moves on by `milliseconds`, running what falls due, without waiting for what that sets off. */
  advance(milliseconds: number): void;
}

export function manualClock(start: number): ManualClock {
  let now = start;
  let armed = (): void => {};
  const timers = new Set<{ readonly at: number; readonly callback: () => void }>();
  const earliest = () => [...timers].sort((a, b) => a.at - b.at)[0];
  return {
    now: () => now,
    after(milliseconds, callback) {
      const timer = { at: now + milliseconds, callback };
      timers.add(timer);
      armed();
      return { cancel: () => void timers.delete(timer) };
    },
    set(time) {
      now = time;
    },
    get waiting() {
      return timers.size;
    },
    async runToNext() {
      const timer = earliest();
      if (!timer) throw new Error('no timer is set');
      const next = new Promise<void>((resolve) => {
        armed = resolve;
      });
      timers.delete(timer);
      now = Math.max(now, timer.at);
      timer.callback();
      await next;
    },
    advance(milliseconds) {
      const end = now + milliseconds;
      for (let timer = earliest(); timer && timer.at <= end; timer = earliest()) {
        timers.delete(timer);
        now = Math.max(now, timer.at);
        timer.callback();
      }
      now = end;
    },
  };
}
