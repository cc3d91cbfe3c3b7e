import { rmSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';

/** Where a helper registers what must be undone. A test's context is one (`t`); {@link sharedScope} makes one for several tests. */
export interface Scope {
  after(undo: () => void | Promise<void>): void;
}

/**
 * A scope that ends after the last test of the file or suite whose body calls this; what was done last is undone first.
 * Call it there, not in a `before` hook: what a hook registers with `after` ends with the hook's own test.
 */
export function sharedScope(): Scope {
  const undos: (() => void | Promise<void>)[] = [];
  after(async () => {
    for (const undo of undos.reverse()) await undo();
  });
  return { after: (undo) => void undos.push(undo) };
}

const made = new Set<string>();

process.on('exit', () => {
  for (const directory of made) rmSync(directory, { recursive: true, force: true, maxRetries: 3 });
});

/** Makes an empty directory (mode 0700) that the caller removes with {@link removeDirectory}, or else this process's end does. */
export async function makeDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'sallyport-test-'));
  made.add(directory);
  return directory;
}

export async function removeDirectory(directory: string): Promise<void> {
  await rm(directory, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
  made.delete(directory);
}

/** An empty directory (mode 0700) that is removed when the scope ends. */
export async function temporaryDirectory(scope: Scope): Promise<string> {
  const directory = await makeDirectory();
  scope.after(() => removeDirectory(directory));
  return directory;
}
