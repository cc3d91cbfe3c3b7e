import { chmod, stat } from 'node:fs/promises';
import { loopbackEdit, type TextEdit, withEdits } from '../migrate/compose/loopback-edit.ts';
import { isLoopback } from '../migrate/compose/port-syntax.ts';
import type { ComposeProject, PortLine } from '../migrate/compose/project.ts';
import type { Environment } from '../migrate/compose/read-compose.ts';
import { describeError, systemErrorCode } from '../model/errors.ts';
import type { Settings } from '../model/settings.ts';
import type { AuditFinding } from './finding.ts';
import { replaceFile } from './replace-file.ts';
import { printMode } from './rights.ts';

/** What can be done about an audit's findings without asking anybody. */
export interface FixPlan {
  readonly files: readonly FileChange[];
  /** Files whose mode becomes 0600. */
  readonly closed: readonly { readonly file: string; readonly mode: string }[];
  /** What must be done by hand, one sentence each. */
  readonly byHand: readonly string[];
}

interface FileChange {
  readonly file: string;
  readonly before: string;
  readonly after: string;
}

/** A compose project and the files it was read from, in their order. */
export interface ReadProject {
  readonly project: ComposeProject;
  readonly files: readonly string[];
}

/**
 * Port lines of TCP are put on 127.0.0.1 unless `meantPublic` has their port; keys and files of users that everybody can read are closed, where this
 * user may do that and the gate can still read them then. Changes nothing itself.
 */
export async function planFix(
  projects: readonly ReadProject[],
  findings: readonly AuditFinding[],
  settings: Settings | null,
  options: { readonly environment: Environment; readonly meantPublic: ReadonlySet<number> },
): Promise<FixPlan> {
  const byHand: string[] = [];
  const files = projects.flatMap((read) => planProject(read, options, byHand));
  const closed: { file: string; mode: string }[] = [];
  for (const { code, level, subject } of findings) {
    if (level === 'ok' || (code !== 'key-readable' && code !== 'users-readable')) continue;
    const { mode, reason } = await mayClose(subject, settings);
    if (reason === '') closed.push({ file: subject, mode });
    else byHand.push(`${subject}: ${reason}`);
  }
  return { files, closed, byHand };
}

function planProject(
  { project, files }: ReadProject,
  { environment, meantPublic }: { readonly environment: Environment; readonly meantPublic: ReadonlySet<number> },
  byHand: string[],
): FileChange[] {
  const edits: TextEdit[] = [];
  for (const { ports, defaultHostIp } of project.services) {
    for (const line of ports.filter((one) => mustChange(one, defaultHostIp, meantPublic))) {
      const edit = loopbackEdit(line, project.files.get(line.at.file) ?? '');
      if (edit !== null) edits.push(edit);
      else
        byHand.push(
          `${placeOf(line)}: put 127.0.0.1 in front of the ports; they cannot be changed where they stand: ${line.text}`,
        );
    }
  }
  if (edits.length === 0) return [];
  const texts = withEdits(project, files, environment, edits);
  if (texts !== null)
    return [...texts].map(([file, after]) => ({ file, before: project.files.get(file) ?? '', after }));
  byHand.push(
    `${files.join(', ')}: put 127.0.0.1 in front of the ports; changed here, the files would mean something else besides`,
  );
  return [];
}

function mustChange({ mapping }: PortLine, defaultHostIp: string, meantPublic: ReadonlySet<number>): boolean {
  if (mapping.protocol !== 'tcp' || isLoopback(mapping.hostIp || defaultHostIp)) return false;
  const { published } = mapping;
  return published === null || !meantPublic.has(published.first) || published.first !== published.last;
}

function placeOf({ at }: PortLine): string {
  return `${at.file}:${at.line}:${at.column}`;
}

/** Whether a file may become 0600: this user owns it, and whoever runs the gate, which the state directory tells, is the owner or root. */
async function mayClose(file: string, settings: Settings | null): Promise<{ mode: string; reason: string }> {
  const info = await stat(file).catch((error: unknown) => systemErrorCode(error));
  if (typeof info === 'string') return { mode: '', reason: `it cannot be looked at: ${info}` };
  const mode = printMode(info.mode);
  const me = process.geteuid?.() ?? 0;
  if (me !== 0 && me !== info.uid)
    return { mode, reason: `another user owns it: chmod 0600 ${file} as that user, or as root` };
  const gate = settings === null ? null : await stat(settings.state).catch(() => null);
  const runsAsOther = gate === null ? settings?.user != null : gate.uid !== 0 && gate.uid !== info.uid;
  if (!runsAsOther) return { mode, reason: '' };
  const reason = `the gate runs as another user and must still read it: chown ${settings?.user ?? 'USER'} ${file} && chmod 0600 ${file}`;
  return { mode, reason };
}

/** Does what was planned. Resolves with what could not be done, one sentence each. */
export async function applyFix({ files, closed }: FixPlan): Promise<string[]> {
  const failed: string[] = [];
  for (const { file, before, after } of files) {
    await replaceFile(file, before, after).catch((error: unknown) => failed.push(`${file}: ${describeError(error)}`));
  }
  for (const { file } of closed) {
    await chmod(file, 0o600).catch((error: unknown) => failed.push(`${file}: ${describeError(error)}`));
  }
  return failed;
}
