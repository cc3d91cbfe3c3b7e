import { isAbsolute, relative } from 'node:path';
import { printDiff } from '../audit/diff.ts';
import type { AuditReport } from '../audit/finding.ts';
import type { FixPlan } from '../audit/fix.ts';
import { findingLines } from './certificate-report.ts';
import type { Output } from './terminal.ts';

const order = { error: 0, warning: 1, ok: 2 } as const;

/** What an audit found, the worst first, then what it did and did not look at, and its verdict. */
export function auditLines({ findings, lookedAt, notLookedAt }: AuditReport, paint: Output['paint']): string[] {
  const errors = findings.filter(({ level }) => level === 'error').length;
  const warnings = findings.filter(({ level }) => level === 'warning').length;
  const more = warnings === 0 ? '' : `, ${warnings} ${warnings === 1 ? 'warning' : 'warnings'}`;
  const verdict =
    errors === 0
      ? paint('green', 'nothing found that is reachable around the gate')
      : paint(
          'red',
          `${errors} ${errors === 1 ? 'thing is' : 'things are'} reachable around the gate, or open to others`,
        );
  return [
    ...findingLines(
      findings.toSorted((a, b) => order[a.level] - order[b.level]),
      paint,
    ),
    '',
    ...lookedAt.map((what) => `${paint('bold', 'looked at:')} ${what}`),
    ...notLookedAt.map((what) => `${paint('bold', 'not looked at:')} ${what}`),
    '',
    `${verdict}${more}`,
  ];
}

/** What was changed, or would be, and what is left to the user. */
export function fixLines(plan: FixPlan, changed: boolean, directory: string, paint: Output['paint']): string[] {
  const { files, closed, byHand } = plan;
  const lines = files
    .flatMap(({ file, before, after }) => printDiff(nearby(file, directory), before, after))
    .map((line) => coloured(line, paint));
  for (const { file, mode } of closed)
    lines.push(`${changed ? 'changed' : 'would change'} the mode of ${nearby(file, directory)} from ${mode} to 0600`);
  if (files.length > 0 && changed)
    lines.push(
      `changed ${files.map(({ file }) => nearby(file, directory)).join(', ')}; containers keep their old ports until \`docker compose up -d\` there`,
    );
  if (files.length + closed.length === 0) lines.push('nothing that can be changed here');
  if (!changed) lines.push('Nothing was changed: --dry-run.');
  for (const what of byHand) lines.push(`${paint('bold', 'by hand:')} ${what}`);
  return [...lines, ''];
}

function coloured(line: string, paint: Output['paint']): string {
  if (line.startsWith('---') || line.startsWith('+++')) return paint('bold', line);
  return line.startsWith('-') ? paint('red', line) : line.startsWith('+') ? paint('green', line) : line;
}

function nearby(file: string, directory: string): string {
  const path = relative(directory, file);
  return path.startsWith('..') || isAbsolute(path) ? file : path;
}
