import type { TargetStatus } from '../model/status.ts';
import { printTable, type TableCell } from './table.ts';
import type { Output } from './terminal.ts';

const styles: Readonly<Record<TargetStatus['state'], NonNullable<TableCell['style']>>> = {
  starting: 'yellow',
  up: 'green',
  returning: 'yellow',
  drained: 'yellow',
  failing: 'red',
  down: 'red',
};

/** What `sallyport status` prints about targets: one row each; nothing when there are none. */
export function targetLines(targets: readonly TargetStatus[], paint: Output['paint']): string[] {
  if (targets.length === 0) return [];
  const head = ['TARGET', 'OF', 'STATE', 'REQUESTS', 'CONNECTIONS', 'FAILURES', 'LAST ERROR'];
  return printTable(
    [
      head.map((text): TableCell => ({ text, style: 'bold' })),
      ...targets.map((target): TableCell[] => [
        { text: target.target },
        { text: target.path === '/' ? target.site : `${target.site}${target.path}` },
        { text: target.state, style: styles[target.state] },
        { text: `${target.requests}${target.waiting > 0 ? ` (${target.waiting} waiting)` : ''}` },
        { text: String(target.connections) },
        { text: String(target.failures) },
        { text: target.lastError?.message ?? '' },
      ]),
    ],
    paint,
  );
}
