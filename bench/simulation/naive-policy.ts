import { day } from '../../test/support/fake-issuer.ts';
import { seededRandom } from './outages.ts';
import { bookReplacement, emptyOutcome, type Outcome, type World } from './world.ts';

/** "Renew at 30 days left, daily cron", one CA: what a crontab line with a classic client does. */
export function runNaive(world: World, seed: number): readonly Outcome[] {
  const random = seededRandom(seed);
  const outcomes = new Map<number, Outcome>();
  for (const { name } of world.certificates) {
    const life = world.lifetime(name);
    const outcome = outcomes.get(life) ?? emptyOutcome(life / day);
    outcomes.set(life, outcome);
    outcome.certificates++;
    outcome.minimum += 1 + Math.floor((world.end - world.start) / (life * (life <= 10 * day ? 1 / 2 : 2 / 3)));
    outcome.orders++;
    let notBefore = world.start;
    const minuteOfDay = random() * day;
    for (let now = world.start + minuteOfDay; now < world.end; now += day) {
      if (notBefore + life - now > 30 * day) continue;
      if (world.firstDown.covers(now)) {
        outcome.failures++;
        continue;
      }
      outcome.orders++;
      bookReplacement(outcome, notBefore, notBefore + life, now);
      notBefore = now;
    }
  }
  return [...outcomes.values()].sort((a, b) => b.lifetimeDays - a.lifetimeDays);
}
