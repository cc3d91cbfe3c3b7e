import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { needs } from '../support/parts.ts';
import { recordingBackend } from '../support/recording-backend.ts';
import { followGuide } from './follow.ts';

test('the guide for two services without passwords', needs('curl'), async (t) => {
  const kms = await recordingBackend(t);
  const backend = await recordingBackend(t);
  await followGuide(t, 'docs/guides/kms-backend.md', { ports: { 5001: kms.port, 5002: backend.port } });
  const seen = (requests: typeof kms.requests): unknown =>
    requests.map(({ head }) => [head.split(' ')[1], /^X-Remote-User: (.*)\r$/m.exec(head)?.[1] ?? '']);
  assert.deepEqual(seen(kms.requests), [
    ['/keys', 'module-7'],
    ['/health', ''],
  ]);
  assert.deepEqual(seen(backend.requests), [
    ['/data', 'module-7'],
    ['/data', 'alice'],
  ]);
});

test('the jail that the guide shows is the one that is tested with fail2ban', async () => {
  const guide = await readFile(join(import.meta.dirname, '../../docs/guides/kms-backend.md'), 'utf8');
  const tested = await readFile(join(import.meta.dirname, '../passwords/fail2ban.test.ts'), 'utf8');
  for (const line of ['[sallyport]', 'enabled = true', 'filter = traefik-auth'])
    for (const text of [guide, tested]) assert.ok(text.includes(`\n${line}\n`), line);
});
