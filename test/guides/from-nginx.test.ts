import { test } from 'node:test';
import { needs } from '../support/parts.ts';
import { onFreePort } from '../support/ports.ts';
import { followGuide } from './follow.ts';

test('the guide for those who come from nginx', needs('curl'), async (t) => {
  await onFreePort((port) => followGuide(t, 'docs/guides/from-nginx.md', { ports: { 8080: port } }));
});
