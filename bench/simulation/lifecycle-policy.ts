import { OrderFailure } from '../../src/control/certificates/lifecycle/failure.ts';
import { Lifecycle } from '../../src/control/certificates/lifecycle/lifecycle.ts';
import { MemoryStore } from '../../src/control/certificates/lifecycle/memory-store.ts';
import { day, FakeIssuer, minute } from '../../test/support/fake-issuer.ts';
import { silentLog } from '../../test/support/memory-log.ts';
import { SteppedClock } from '../../test/support/stepped-clock.ts';
import { type Outages, seededRandom } from './outages.ts';
import { bookReplacement, emptyOutcome, type Outcome, type World } from './world.ts';

/** Sallyport's own lifecycle, loop and states, over in-memory storage and two simulated CAs. */
export async function runLifecycle(world: World, seed: number): Promise<readonly Outcome[]> {
  const clock = new SteppedClock(world.start, 10 * minute);
  const outcomes = new Map<number, Outcome>();
  const outcomeOf = (name: string): Outcome => {
    const days = world.lifetime(name) / day;
    const known = outcomes.get(days) ?? emptyOutcome(days);
    outcomes.set(days, known);
    return known;
  };
  for (const { name } of world.certificates) {
    const outcome = outcomeOf(name);
    outcome.certificates++;
    const life = world.lifetime(name);
    outcome.minimum += 1 + Math.floor((world.end - world.start) / (life * (life <= 10 * day ? 1 / 2 : 2 / 3)));
  }
  const issuer = (name: string, down: Outages): FakeIssuer => {
    const fake = new FakeIssuer(clock, { name, lifetime: (names) => world.lifetime(names[0] ?? '') });
    fake.onOrder = (names) => outcomeOf(names[0] ?? '').orders++;
    fake.keepRequests = false;
    const failure = new OrderFailure('down', { kind: 'outage' });
    fake.trouble = (now, request) => {
      if (!down.covers(now)) return null;
      outcomeOf(request.names[0] ?? '').failures++;
      return failure;
    };
    return fake;
  };
  const ends = new Map<string, { notBefore: number; notAfter: number }>();
  const lifecycle = new Lifecycle({
    clock,
    store: new MemoryStore(),
    issuers: [issuer('first', world.firstDown), issuer('second', world.secondDown)],
    log: silentLog,
    random: seededRandom(seed),
    concurrentOrders: 32,
    onIssued(name, _pair, generation) {
      const before = ends.get(name);
      const outcome = outcomeOf(name);
      if (before) bookReplacement(outcome, before.notBefore, before.notAfter, generation.obtainedAt);
      ends.set(name, generation);
    },
  });
  await lifecycle.start(world.certificates);
  await clock.advance(world.end - world.start);
  const stopping = lifecycle.stop();
  // Orders under way at the end are given up; the loop grants them a few seconds of this clock.
  await clock.advance(minute);
  await stopping;
  for (const [name, { notBefore, notAfter }] of ends) {
    if (notAfter < world.end) bookReplacement(outcomeOf(name), notBefore, notAfter, world.end);
  }
  return [...outcomes.values()].sort((a, b) => b.lifetimeDays - a.lifetimeDays);
}
