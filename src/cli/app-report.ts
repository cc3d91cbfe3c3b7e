import type { AppFacts } from '../model/app.ts';
import { duration } from './duration.ts';
import { printTable, type TableCell } from './table.ts';
import type { Output } from './terminal.ts';

type Paint = Output['paint'];

/** One line an app. `now` is in milliseconds since 1970. */
export function appTable(apps: readonly AppFacts[], now: number, paint: Paint): string[] {
  const head: TableCell[] = ['APP', 'STATE', 'FOR', 'RESTARTS', 'PID', 'PROGRAM'].map((text) => ({
    text,
    style: 'bold',
  }));
  return printTable([head, ...apps.map((app) => rowOf(app, now))], paint);
}

function rowOf({ name, state, since, restarts, pids, program }: AppFacts, now: number): TableCell[] {
  return [
    { text: name },
    state === 'waiting' ? { text: state, style: 'red' } : { text: state },
    { text: duration(now - Date.parse(since)) },
    { text: String(restarts) },
    { text: pids.join(' ') },
    { text: program },
  ];
}

/** Why an app failed last, with what it had printed before; nothing when it never did. */
export function appTroubleLines({ name, state, lastError }: AppFacts, paint: Paint): string[] {
  if (lastError === null) return [];
  const { at, message, lines } = lastError;
  const colour = state === 'ready' ? 'yellow' : 'red';
  return [`${paint(colour, name)} failed at ${at}: ${message}`, ...lines.map((line) => `  ${line}`)];
}
