import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { shellWord } from './shell-word.ts';

test('a harmless path is left as it is', () => {
  assert.equal(shellWord('/var/lib/sallyport/root.pem'), '/var/lib/sallyport/root.pem');
});

test('a shell reads back exactly what was meant', () => {
  for (const text of ['', 'two words', "it's", '$(id)', '`id`', 'a;b', '"', '\\', '*', '~', 'new\nline', '#x', '!']) {
    assert.equal(execFileSync('sh', ['-c', `printf %s ${shellWord(text)}`], { encoding: 'utf8' }), text);
  }
});
