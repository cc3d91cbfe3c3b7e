import type { Finding } from '../../control/certificates/doctor/finding.ts';
import type { Settings } from '../../model/settings.ts';
import { examineClock } from './clock.ts';
import { examineNames } from './names.ts';
import { examinePorts, type RunningGate } from './ports.ts';
import { examineSecrets } from './secrets.ts';

/**
 * Whether this machine is as the settings want it: ports, names, keys and the clock. With `offline` only what files tell. `running`
 * is the gate that serves now; null: none that could be asked. Asks the DNS for the names of sites, and nobody else.
 */
export async function examineMachine(
  settings: Settings,
  { offline, running }: { readonly offline: boolean; readonly running: RunningGate | null },
): Promise<readonly Finding[]> {
  const found = await Promise.all([
    offline ? [] : examinePorts(settings, running),
    offline ? [] : examineNames(settings),
    examineSecrets(settings),
    examineClock(settings, offline),
  ]);
  return found.flat();
}
