import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { restartDelay, steadyTime } from './backoff.ts';
import { type AppAction, type AppEvent, type AppPhase, firstPhase, step } from './lifecycle.ts';

/** Takes events one after the other, numbering processes from 1, and tells where that leads. */
function after(...events: AppEvent[]): { phase: AppPhase; actions: readonly AppAction[] } {
  return from(firstPhase, ...events);
}

function from(start: AppPhase, ...events: AppEvent[]): { phase: AppPhase; actions: readonly AppAction[] } {
  let phase = start;
  let actions: readonly AppAction[] = [];
  let next = 1;
  for (const event of events) {
    ({ phase, actions } = step(phase, event, { now: 0, next }));
    if (actions.some((action) => action.kind === 'start')) next++;
  }
  return { phase, actions };
}

const due: AppEvent = { kind: 'due' };
const ready = (process: number): AppEvent => ({ kind: 'ready', process });
const ended = (process: number): AppEvent => ({ kind: 'ended', process });
const late = (process: number): AppEvent => ({ kind: 'late', process });
const beside: AppEvent = { kind: 'deploy', beside: true };
const instead: AppEvent = { kind: 'deploy', beside: false };

suite('the life of an app', () => {
  test('what ends before it is ready is started again after a wait that grows', () => {
    const waits = [1, 2, 3, 4, 5, 6, 7, 8].map((count) => {
      const events = Array.from({ length: count }, (_, index) => [due, ended(index + 1)]).flat();
      const [action] = after(...events).actions;
      return action?.kind === 'wait' ? action.milliseconds : null;
    });
    assert.deepEqual(waits, [250, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]);
  });

  test('what is not ready in time is ended and started again', () => {
    const { phase, actions } = after(due, late(1));
    assert.deepEqual(phase, { kind: 'waiting', failures: 1 });
    assert.deepEqual(actions, [
      { kind: 'end', process: 1 },
      { kind: 'wait', milliseconds: restartDelay(1) },
    ]);
  });

  test('the end of an app that was well is a first failure, of one that was not, another', () => {
    const serving: AppPhase = { kind: 'ready', process: 4, failures: 3, since: 0 };
    const ends = (now: number) => step(serving, ended(4), { now, next: 5 }).phase;
    assert.deepEqual(ends(steadyTime - 1), { kind: 'waiting', failures: 4 });
    assert.deepEqual(ends(steadyTime), { kind: 'waiting', failures: 1 });
  });

  test('a deployment starts the next one beside the old one, which goes when the next one is ready', () => {
    const deploying = after(due, ready(1), beside);
    assert.deepEqual(deploying.actions, [{ kind: 'start', process: 2 }]);
    const { phase, actions } = from(deploying.phase, ready(2));
    assert.equal(phase.kind === 'ready' && phase.process, 2);
    assert.deepEqual(actions, [{ kind: 'retire', process: 1 }]);
  });

  test('a next one that ends or is late leaves the old one serving', () => {
    for (const event of [ended(2), late(2)]) {
      const { phase, actions } = after(due, ready(1), beside, event);
      assert.equal(phase.kind === 'ready' && phase.process, 1);
      assert.deepEqual(actions, event.kind === 'late' ? [{ kind: 'end', process: 2 }] : []);
    }
  });

  test('should the old one end meanwhile, the next one is the app', () => {
    const { phase } = after(due, ready(1), beside, ended(1), ready(2));
    assert.equal(phase.kind === 'ready' && phase.process, 2);
  });

  test('a deployment within a deployment ends the one that was on its way', () => {
    const { phase, actions } = after(due, ready(1), beside, beside);
    assert.equal(phase.kind === 'deploying' && phase.next, 3);
    assert.deepEqual(actions, [
      { kind: 'end', process: 2 },
      { kind: 'start', process: 3 },
    ]);
  });

  test('where both want the same port, the old one ends first', () => {
    const replacing = after(due, ready(1), instead);
    assert.deepEqual(replacing.actions, [{ kind: 'retire', process: 1 }]);
    assert.deepEqual(step(replacing.phase, ended(1), { now: 0, next: 2 }).actions, [{ kind: 'start', process: 2 }]);
  });

  test('whatever it was doing, a stop ends it for good', () => {
    for (const events of [[], [due], [due, ready(1)], [due, ready(1), beside], [due, ended(1)]]) {
      const stopping = after(...events, { kind: 'stop' });
      assert.deepEqual(stopping.actions, [{ kind: 'end-all' }]);
      const { phase, actions } = from(stopping.phase, due, beside, ready(1), { kind: 'all-ended' }, due, beside);
      assert.equal(phase.kind, 'stopped');
      assert.deepEqual(actions, []);
    }
  });

  test('news of a process that is not the app any more changes nothing', () => {
    const { phase } = after(due, ready(1), beside, ready(2));
    for (const event of [ended(1), late(1), ready(1)]) {
      assert.deepEqual(step(phase, event, { now: 9, next: 3 }), { phase, actions: [] });
    }
  });
});
