import { test } from 'node:test';
import { needs } from '../support/parts.ts';
import { onFreePort } from '../support/ports.ts';
import { followGuide } from './follow.ts';

test('the guide for several copies of an app', needs('curl'), async (t) => {
  await onFreePort((one) =>
    onFreePort((two) => followGuide(t, 'docs/guides/several-targets.md', { ports: { 8081: one, 8082: two } })),
  );
});
