import assert from 'node:assert/strict';
import { copyFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { makeCertificate } from '../support/certificates.ts';
import { needs } from '../support/parts.ts';
import { recordingBackend } from '../support/recording-backend.ts';
import { followGuide } from './follow.ts';

test('the guide for those who come from Apache', needs('curl'), async (t) => {
  const server = await recordingBackend(t);
  await followGuide(t, 'docs/guides/from-apache.md', {
    ports: { 27701: server.port },
    async prepare(directory) {
      const made = await makeCertificate(join(directory, 'ssl'), ['anki.example.net']);
      await copyFile(made.certificateFile, join(directory, 'ssl/anki.pem'));
      await copyFile(made.keyFile, join(directory, 'ssl/anki.key'));
      await writeFile(join(directory, 'ssl/ca.pem'), made.root);
    },
  });
  const seen = server.requests.map(({ head }) => head.split(' ')[1]);
  assert.deepEqual(seen, ['/sync/hostKey']);
});
