import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import { ConfigError } from '../../src/control/config/problems.ts';
import { settingsFromObject } from '../../src/control/config/read-settings.ts';
import type { Config } from '../../src/control/config/schema.ts';

const directory = mkdtempSync(join(tmpdir(), 'sallyport-imported-'));
process.on('exit', () => rmSync(directory, { recursive: true, force: true }));
const users = join(directory, 'users.htpasswd');
writeFileSync(users, 'alice:$2y$10$abcdefghijklmnopqrstuuKmGCs1h5vYzXqk8d1fQJx0lT7P0sVe2\n', { mode: 0o600 });

const world = { environment: {}, home: '/home/me', isRoot: true, now: 0, openFiles: 1024, processors: 1 };

/**
 * Asserts that a written configuration is the object it was written from, and valid: the validation that `run` does finds
 * nothing wrong with it. The files it names, which are on another machine, are left out of that.
 */
export function assertServable(config: Config, yaml: string): void {
  assert.deepEqual(parse(yaml), JSON.parse(JSON.stringify(config)));
  try {
    settingsFromObject(withoutFiles(config), directory, world);
  } catch (error) {
    if (!(error instanceof ConfigError) || !error.problems.every(({ message }) => isOwnLoop(message))) throw error;
  }
}

/** A server that passed requests to itself does so still, and `check` says it. */
function isOwnLoop(message: string): boolean {
  return message.endsWith('is where Sallyport itself listens');
}

function withoutFiles(value: unknown, key = ''): unknown {
  if (Array.isArray(value)) return key === 'tls' ? 'internal' : value.map((item) => withoutFiles(item));
  if (typeof value !== 'object' || value === null) return key === 'basic' ? users : value;
  if (key === 'tls') return 'internal';
  if (key === 'clientCertificates') return { ...value, ca: 'internal', crl: undefined };
  const kept = Object.entries(value).filter(([name]) => name !== 'caFile');
  return Object.fromEntries(
    kept.map(([name, member]) => [
      name,
      name === 'clientCertificates' && typeof member === 'string' && member.includes('/')
        ? 'internal'
        : withoutFiles(member, name),
    ]),
  );
}
