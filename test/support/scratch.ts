import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';

/** An empty directory that is gone after the test. */
export async function scratchDirectory(context: TestContext): Promise<string> {
  const directory = await realpath(await mkdtemp(join(tmpdir(), 'sallyport-test-')));
  context.after(() => rm(directory, { recursive: true, force: true }));
  return directory;
}
