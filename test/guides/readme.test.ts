import { test } from 'node:test';
import { needs } from '../support/parts.ts';
import { onFreePort } from '../support/ports.ts';
import { followGuide } from './follow.ts';

test('the README', needs('curl', 'python3'), async (t) => {
  await onFreePort((port) => followGuide(t, 'README.md', { ports: { 8080: port } }));
});
