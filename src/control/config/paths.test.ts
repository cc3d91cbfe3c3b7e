import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defaultState } from './paths.ts';

test('state is kept where the system and the user expect it', () => {
  const user = { environment: {}, home: '/home/me', isRoot: false };
  assert.equal(defaultState({ ...user, isRoot: true }), '/var/lib/sallyport');
  assert.equal(defaultState(user), '/home/me/.local/state/sallyport');
  assert.equal(defaultState({ ...user, environment: { XDG_STATE_HOME: '/data/state' } }), '/data/state/sallyport');
  assert.equal(
    defaultState({ ...user, environment: { XDG_STATE_HOME: 'relative' } }),
    '/home/me/.local/state/sallyport',
  );
});
