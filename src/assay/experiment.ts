import { environmentFor, fillPlaces, placesOf } from './client/places.ts';
import { type ClientRun, runClient } from './client/run.ts';
import type { Lab, Stand } from './lab/lab.ts';
import { type CaseResult, controlProblem } from './verdict.ts';

export interface ExperimentOptions {
  readonly lab: Lab;
  /** With placeholders. */
  readonly command: readonly string[];
  /** The address that the lab listens on. */
  readonly address: string;
  /** Path of the root. */
  readonly ca: string;
  /** Whether the variables for roots are set. */
  readonly trust: boolean;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly directory: string;
  /** For one run, milliseconds. */
  readonly timeout: number;
  /** How many run at the same time. */
  readonly jobs: number;
  readonly signal: AbortSignal;
  onResult(result: CaseResult): void;
}

/** Milliseconds after the client's end in which its connections are waited for. */
const settling = 500;

/** What came to a stand until now. */
export function resultOf(stand: Stand, client: ClientRun | null): CaseResult {
  const { url, visits } = stand;
  return { case: stand.case, url, outcome: stand.outcome(), detail: stand.describe(), visits, client };
}

async function tryCase(stand: Stand, options: ExperimentOptions): Promise<CaseResult> {
  const places = placesOf(stand, options.address, options.ca);
  const client = await runClient({
    ...options,
    command: fillPlaces(options.command, places),
    env: environmentFor(places, options.trust, options.env),
  });
  await stand.idle(settling);
  const result = resultOf(stand, client);
  options.onResult(result);
  return result;
}

/**
 * Runs the command once for each stand, the first control before all others and the last after them. When the first is not
 * accepted it is the only result. Throws a UserError when the command cannot be run.
 */
export async function runExperiment(options: ExperimentOptions): Promise<readonly CaseResult[]> {
  const [first, ...rest] = options.lab.stands;
  if (first === undefined) return [];
  const before = await tryCase(first, options);
  if (controlProblem([before]) !== null) return [before];
  const last = rest.filter((stand) => stand.case.group === 'control');
  const bad = rest.filter((stand) => stand.case.group !== 'control');
  const results: CaseResult[] = [];
  const queue = bad.entries();
  const work = async (): Promise<void> => {
    for (const [index, stand] of queue) {
      if (options.signal.aborted) return;
      results[index] = await tryCase(stand, options);
    }
  };
  await Promise.all(Array.from({ length: options.jobs }, work));
  const after: CaseResult[] = [];
  for (const stand of last) after.push(await tryCase(stand, options));
  return [before, ...results, ...after];
}
