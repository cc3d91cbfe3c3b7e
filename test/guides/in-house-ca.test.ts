import { test } from 'node:test';
import { needs } from '../support/parts.ts';
import { onFreePort } from '../support/ports.ts';
import { followGuide } from './follow.ts';

test('the guide for the in-house CA', needs('curl', 'python3'), async (t) => {
  await onFreePort((port) => followGuide(t, 'docs/guides/in-house-ca.md', { ports: { 8080: port } }));
});
