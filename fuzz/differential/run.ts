import { setTimeout as delay } from 'node:timers/promises';
import { rawBackend } from '../../test/support/raw-backend.ts';
import type { Scope } from '../../test/support/scope.ts';
import { compare, type Difference } from './compare.ts';
import { explain } from './explain.ts';
import { inputs, placeholder } from './inputs.ts';
import { type Observed, observe } from './observe.ts';
import { startHaproxy, startNginx, startOurs } from './proxies.ts';

interface DifferentialOptions {
  readonly milliseconds: number;
  readonly inputs: number;
  readonly seed: number;
}

/** A kind of difference, with the first input that showed it. */
interface DifferenceClass {
  readonly kind: Difference['kind'];
  readonly between: readonly [string, string];
  /** Why it is none of Sallyport's; '' when nobody knows. */
  readonly explanation: string;
  count: number;
  readonly input: string;
  readonly observed: readonly Observed[];
}

export interface DifferentialReport {
  readonly inputs: number;
  /** By proxy: inputs of which it let at least one request through, and requests in all. */
  readonly passed: Readonly<Record<string, { inputs: number; requests: number }>>;
  readonly classes: readonly DifferenceClass[];
}

const laneCount = 12;
/** How long a silent proxy is waited for, milliseconds. */
const patience = 150;
const longPatience = 1500;
const settled = 300;
const victim = `GET /victim HTTP/1.1\r\nHost: ${placeholder}\r\nConnection: close\r\n\r\n`;

/** As long as the placeholder, and in no input by chance. */
const laneHost = (lane: number): string => `q${String.fromCharCode(0x61 + lane)}.exampl`;

/** Sends each input, with somebody else's request behind it, through Sallyport, nginx and HAProxy to apps that write down what they get. */
export async function runDifferential(scope: Scope, options: DifferentialOptions): Promise<DifferentialReport> {
  const lanes = await Promise.all(
    Array.from({ length: laneCount }, async (_, lane) => ({
      host: laneHost(lane),
      backends: await Promise.all([rawBackend(scope), rawBackend(scope), rawBackend(scope)]),
    })),
  );
  const starts = [startOurs, startNginx, startHaproxy];
  const proxies = await Promise.all(
    starts.map((start, index) =>
      start(
        scope,
        lanes.map(({ host, backends }) => ({ host, backendPort: backends[index]!.port })),
      ),
    ),
  );
  const end = performance.now() + options.milliseconds;
  const source = inputs(options.seed);
  const classes = new Map<string, DifferenceClass>();
  const passed = Object.fromEntries(proxies.map(({ name }) => [name, { inputs: 0, requests: 0 }]));
  let count = 0;
  const work = async (lane: number): Promise<void> => {
    while (performance.now() < end && count < options.inputs) {
      count++;
      const input = (source.next().value as Buffer).toString('latin1') + victim;
      const { host, backends } = lanes[lane]!;
      const bytes = Buffer.from(input.replaceAll(placeholder, host), 'latin1');
      const look = (patience: number): Promise<Observed[]> =>
        Promise.all(proxies.map(({ name, places }, i) => observe(name, places[lane]!, backends[i]!, bytes, patience)));
      let observed = await look(patience);
      if (compare(observed).length > 0) {
        // Once more, when what the first try left behind is over, so that a busy machine makes no difference.
        await delay(settled);
        observed = await look(longPatience);
        await delay(settled);
      }
      for (const { proxy, requests } of observed) {
        passed[proxy]!.requests += requests.length;
        if (requests.length > 0) passed[proxy]!.inputs++;
      }
      for (const difference of compare(observed)) take(classes, difference, input, observed);
    }
  };
  await Promise.all(lanes.map((_, lane) => work(lane)));
  return { inputs: count, passed, classes: [...classes.values()] };
}

function take(
  classes: Map<string, DifferenceClass>,
  { kind, between }: Difference,
  input: string,
  observed: readonly Observed[],
): void {
  const explanation = explain({ kind, between }, observed);
  const key = [kind, ...between, explanation].join();
  const known = classes.get(key);
  if (known !== undefined) known.count++;
  else classes.set(key, { kind, between, explanation, count: 1, input, observed });
}
