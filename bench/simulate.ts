/**
 * Ten years of ten thousand certificates in a minute: the program's own lifecycle beside a daily cron job.
 * Prints a table; exits 1 when the lifecycle let a certificate expire or ordered more than 3 % off the minimum.
 */
import { parseArgs } from 'node:util';
import { day } from '../test/support/fake-issuer.ts';
import { runLifecycle } from './simulation/lifecycle-policy.ts';
import { runNaive } from './simulation/naive-policy.ts';
import { createWorld, type Outcome } from './simulation/world.ts';

const { values } = parseArgs({
  options: {
    certificates: { type: 'string', default: '10000' },
    years: { type: 'string', default: '10' },
    seed: { type: 'string', default: '1' },
  },
});
const seed = Number(values.seed);
const options = {
  certificates: Number(values.certificates),
  years: Number(values.years),
  // Today's and tomorrow's common lifetimes, and one in ten of the shortest (which makes three fifths of all orders).
  lifetimes: [90, 45, 90, 45, 90, 45, 90, 45, 90, 6],
  firstDownShare: 0.3,
  secondDownShare: 0.05,
  longestOutage: 3 * day,
  seed,
};
const world = createWorld(options);

function row(policy: string, outcome: Outcome): readonly string[] {
  const perCertificate = outcome.orders / outcome.certificates;
  const minimum = outcome.minimum / outcome.certificates;
  return [
    policy,
    `${outcome.lifetimeDays} d`,
    String(outcome.certificates),
    String(outcome.expiries),
    outcome.expiredHours.toFixed(0),
    perCertificate.toFixed(2),
    minimum.toFixed(2),
    `${(100 * (perCertificate / minimum - 1)).toFixed(2)} %`,
    (outcome.failures / outcome.certificates).toFixed(1),
    `${outcome.leastLeft.toFixed(1)} %`,
  ];
}

function print(rows: readonly (readonly string[])[]): void {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((one) => one[column]!.length)));
  for (const one of rows) console.log(one.map((cell, column) => cell.padStart(widths[column]!)).join('  '));
}

const started = performance.now();
const ours = await runLifecycle(world, seed);
const seconds = (performance.now() - started) / 1000;
const naive = runNaive(world, seed);
const down = (100 * world.firstDown.share(world.start, world.end)).toFixed(1);
const secondDown = (100 * world.secondDown.share(world.start, world.end)).toFixed(1);
console.log(`${options.certificates} certificates, ${options.years} years; first CA down ${down} % of the time`);
console.log(`in outages of up to 3 days, second CA down ${secondDown} %; ${seconds.toFixed(1)} s\n`);
print([
  ['policy', 'life', 'certs', 'expiries', 'hours', 'orders/cert', 'minimum', 'off by', 'failures/cert', 'least left'],
  ...ours.map((outcome) => row('sallyport', outcome)),
  ...naive.map((outcome) => row('30 days, cron', outcome)),
]);
const total = ours.reduce((sum, one) => ({ orders: sum.orders + one.orders, minimum: sum.minimum + one.minimum }), {
  orders: 0,
  minimum: 0,
});
console.log(
  `\n${total.orders} orders by the lifecycle, ${((100 * total.orders) / total.minimum - 100).toFixed(2)} % off the minimum`,
);
const bad = ours.some((one) => one.expiries > 0 || Math.abs(one.orders / one.minimum - 1) > 0.03);
if (bad) process.exitCode = 1;
