import assert from 'node:assert/strict';
import { test } from 'node:test';
import { needs } from '../support/parts.ts';
import { onFreePort } from '../support/ports.ts';
import { recordingBackend } from '../support/recording-backend.ts';
import { followGuide } from './follow.ts';

test('the guide for devices with a certificate and users of another service', needs('curl', 'python3'), async (t) => {
  const app = await recordingBackend(t);
  await onFreePort((port) => followGuide(t, 'docs/guides/who-may-pass.md', { ports: { 5001: app.port, 9091: port } }));
  const told = app.requests.map(
    ({ head }) => /^(?:X-Client-Cert-Subject|Remote-User): (.*)\r$/im.exec(head)?.[1] ?? '',
  );
  assert.deepEqual(told, ['CN=backup-server', '', 'alice']);
});
