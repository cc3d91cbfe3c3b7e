import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const folder = join(import.meta.dirname, 'corpus');

/**
 * Saved inputs of a target, one a line, each a JSON string with an octet a character: what reached new code in earlier
 * runs, and every input that once broke something. All of them are fed first in every run.
 */
export function readCorpus(target: string): Buffer[] {
  const file = fileOf(target);
  if (!existsSync(file)) return [];
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const value: unknown = JSON.parse(line);
      if (typeof value !== 'string') throw new Error(`${file}: not a string: ${line}`);
      return Buffer.from(value, 'latin1');
    });
}

export function writeCorpus(target: string, inputs: readonly Buffer[]): void {
  const lines = new Set(inputs.map(printInput));
  writeFileSync(fileOf(target), [...lines].map((line) => `${line}\n`).join(''));
}

/** An input as a line of printable ASCII. */
function printInput(input: Buffer): string {
  return JSON.stringify(input.toString('latin1')).replace(
    /[\x7f-\xff]/g,
    (octet) => `\\u00${octet.charCodeAt(0).toString(16)}`,
  );
}

function fileOf(target: string): string {
  return join(folder, `${target}.txt`);
}
