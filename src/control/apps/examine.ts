import type { AppSettings } from '../../model/app.ts';
import { describeError, UserError } from '../../model/errors.ts';
import { type Finding, good } from '../certificates/doctor/finding.ts';
import { findAccount } from './account.ts';
import { portEndpoint } from './endpoint.ts';
import { planLaunch } from './launch.ts';

/** Whether an app could be started: its user, its program, its server. Starts nothing. */
export async function examineApp(settings: AppSettings): Promise<Finding> {
  const subject = settings.name;
  try {
    const launch = await planLaunch(settings, findAccount(settings), portEndpoint(1), '/');
    return good('app-startable', subject, `would run ${launch.title}`, launch.file);
  } catch (error) {
    const evidence = settings.program.kind === 'command' ? 'run' : settings.program.kind;
    const cure = error instanceof UserError ? (error.cure ?? '') : '';
    return { level: 'error', code: 'app-not-startable', subject, cause: describeError(error), evidence, cure };
  }
}
