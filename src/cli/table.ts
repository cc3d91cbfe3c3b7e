import type { Output } from './terminal.ts';

export interface TableCell {
  readonly text: string;
  readonly style?: 'bold' | 'red' | 'yellow' | 'green';
}

/** Rows of equal length as lines, each column as wide as its widest cell. */
export function printTable(rows: readonly (readonly TableCell[])[], paint: Output['paint']): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.text.length ?? 0)));
  return rows.map((row) =>
    row
      .map(({ text, style }, column) => {
        const padded = column === row.length - 1 ? text : text.padEnd(widths[column] ?? 0);
        return style ? paint(style, padded) : padded;
      })
      .join('  ')
      .trimEnd(),
  );
}
