import type { Case } from '../assay/case.ts';
import { runExperiment } from '../assay/experiment.ts';
import { openLab } from '../assay/lab/lab.ts';
import type { KeptRoot } from '../assay/pki/keep-root.ts';
import type { CaseResult } from '../assay/verdict.ts';
import { UserError } from '../model/errors.ts';
import { type AssayOptions, labOptions, placeOf } from './assay-options.ts';
import type { Terminal } from './terminal.ts';

/** Runs the command once for each certificate. Throws a UserError when that cannot be, or was interrupted. */
export async function assayCommand(
  terminal: Terminal,
  command: readonly string[],
  options: AssayOptions,
  cases: readonly Case[],
  kept: KeptRoot,
  now: number,
): Promise<readonly CaseResult[]> {
  const place = placeOf(options);
  const again = cases.filter(({ group }) => group === 'control');
  const lab = await openLab({ root: kept.root, cases: [...cases, ...again], ...place, ...labOptions(options), now });
  const stop = new AbortController();
  const interrupt = (): void => stop.abort();
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, interrupt);
  try {
    const results = await runExperiment({
      lab,
      command,
      address: place.hosts[0] ?? '',
      ca: kept.path,
      trust: options.trustEnv === true,
      env: terminal.env,
      directory: terminal.directory,
      timeout: options.timeout * 1000,
      jobs: options.jobs,
      signal: stop.signal,
      onResult: progressOn(terminal, lab.stands.length),
    });
    if (stop.signal.aborted) throw new UserError('Interrupted', { code: 'interrupted' });
    return results;
  } finally {
    for (const signal of ['SIGINT', 'SIGTERM']) process.off(signal, interrupt);
    await lab.close();
  }
}

/** Says every two seconds how many are done. */
function progressOn({ err }: Terminal, all: number): () => void {
  let done = 0;
  let said = performance.now();
  return () => {
    done++;
    if (performance.now() - said < 2000) return;
    said = performance.now();
    err.line(`sallyport: ${done} of ${all} certificates shown`);
  };
}
