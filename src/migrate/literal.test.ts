import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inspect } from 'node:util';
import { settingsFromObject } from '../control/config/read-settings.ts';
import { literal } from './literal.ts';

test('what looks like a variable in the configuration of another server is text in ours', () => {
  for (const text of [`/srv/$\{SECRET}/app.sock`, '/srv/${', '/srv/$', `$\{file:/etc/passwd}`]) {
    const set = { 'X-Text': literal(text) };
    const site = { to: 8080, tls: 'off' as const, headers: { request: { set } } };
    const world = {
      environment: { SECRET: 'hunter2' },
      home: '/root',
      isRoot: true,
      now: 0,
      openFiles: 1024,
      processors: 1,
    };
    const { settings } = settingsFromObject({ sites: { 'a.example': site } }, '/', world);
    const written = inspect(settings.sites[0], { depth: null });
    assert.ok(written.includes(text), written);
    assert.ok(!written.includes('hunter2'));
  }
});
