import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type AppEvent, type AppPhase, firstPhase, step } from './lifecycle.ts';

/** What may happen next, whatever the app is doing; of the processes that live, `at` chooses one. */
const happening = fc.record({
  kind: fc.constantFrom('due', 'ready', 'ended', 'late', 'deploy', 'stop'),
  at: fc.nat(),
});

/** The processes of one app as the system sees them. */
class World {
  phase: AppPhase = firstPhase;
  readonly living = new Set<number>();
  /** Told to end. */
  readonly dismissed = new Set<number>();
  waits = true;
  #next = 1;

  take(event: AppEvent, now: number): void {
    const { phase, actions } = step(this.phase, event, { now, next: this.#next });
    this.phase = phase;
    for (const action of actions) {
      if (action.kind === 'start') {
        assert.equal(action.process, this.#next++);
        this.living.add(action.process);
        this.waits = false;
      } else if (action.kind === 'wait') this.waits = true;
      else if (action.kind === 'end-all') for (const each of this.living) this.dismissed.add(each);
      else this.dismissed.add(action.process);
    }
  }

  /** Those that nobody has told to end. */
  wanted(): number[] {
    return [...this.living].filter((each) => !this.dismissed.has(each));
  }
}

function play(beside: boolean, happenings: readonly { readonly kind: string; readonly at: number }[]): World {
  const world = new World();
  world.take({ kind: 'due' }, 0);
  for (const [now, { kind, at }] of happenings.entries()) {
    const process = [...world.living][at % Math.max(world.living.size, 1)] ?? 0;
    if (kind === 'deploy') world.take({ kind, beside }, now);
    else if (kind === 'stop') world.take({ kind }, now);
    else if (kind === 'due') {
      if (world.waits) world.take({ kind }, now);
    } else if (kind === 'ended') {
      if (world.living.delete(process)) world.take({ kind, process }, now);
    } else if (world.living.has(process) && !world.dismissed.has(process)) {
      if (kind === 'ready' || kind === 'late') world.take({ kind, process }, now);
    }
    check(world, beside);
  }
  return world;
}

function check(world: World, beside: boolean): void {
  const { phase, living, waits } = world;
  const wanted = world.wanted();
  const says = JSON.stringify({ phase, living: [...living], wanted });
  if (phase.kind === 'stopping' || phase.kind === 'stopped') assert.equal(wanted.length, 0, says);
  if (phase.kind === 'waiting') assert.ok(waits && wanted.length === 0, says);
  if (phase.kind === 'starting' || phase.kind === 'ready') assert.deepEqual(wanted, [phase.process], says);
  if (phase.kind === 'deploying') assert.deepEqual(wanted, [phase.process, phase.next], says);
  if (phase.kind === 'replacing') assert.ok(wanted.length === 0 && living.has(phase.process), says);
  if (!beside) assert.notEqual(phase.kind, 'deploying', says);
}

for (const beside of [true, false]) {
  test(`whatever happens, exactly the processes it needs are wanted (${beside ? 'beside' : 'instead of'} each other)`, () => {
    fc.assert(
      fc.property(fc.array(happening, { maxLength: 60 }), (happenings) => {
        const world = play(beside, happenings);
        world.take({ kind: 'stop' }, 100);
        assert.deepEqual(world.wanted(), []);
      }),
      { numRuns: 2_000 },
    );
  });
}
