import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** Debian's own interpreter: the one that sees python3-h2 and python3-hpack. */
const interpreter = '/usr/bin/python3';

/** Whether the machine has the independent HTTP/2 peer (Debian: python3-h2, which brings python3-hpack). Demanded where CI is set. */
export const hasPythonH2: boolean = existsSync('/usr/lib/python3/dist-packages/h2');

export const pythonMissing: string | false = hasPythonH2 || process.env.CI ? false : 'python3-h2 is not installed';

/** Runs one of the scripts beside this file with JSON on its standard input; its answer is JSON. */
export async function runPython(script: string, input: unknown, ...args: readonly string[]): Promise<unknown> {
  const child = spawn(interpreter, [join(import.meta.dirname, script), ...args], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  child.stdin.end(JSON.stringify(input));
  const pieces: Buffer[] = [];
  for await (const piece of child.stdout) pieces.push(piece as Buffer);
  return JSON.parse(Buffer.concat(pieces).toString());
}
