import { test } from 'node:test';
import { needs } from '../support/parts.ts';
import { followGuide } from './follow.ts';

test('the guide for clients that verify, or do not', needs('curl', 'python3'), async (t) => {
  await followGuide(t, 'docs/guides/does-my-client-verify.md');
});
