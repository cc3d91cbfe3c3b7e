import assert from 'node:assert/strict';
import { test } from 'node:test';
import { blocksOf, isAsShown } from './blocks.ts';

const markdown = [
  'Text.',
  '```sh',
  'only read',
  '```',
  '```yaml file=a.yaml',
  'a: 1',
  '```',
  '```sh start until=ready',
  'serve',
  '```',
  '```text output',
  'b',
  '```',
].join('\n');

test('marked blocks are found with their lines, others are left alone', () => {
  assert.deepEqual(blocksOf(markdown), [
    { kind: 'file', name: 'a.yaml', text: 'a: 1\n', line: 5 },
    { kind: 'start', text: 'serve\n', until: 'ready', line: 8 },
    { kind: 'output', text: 'b\n', line: 11 },
  ]);
});

test('an unknown mark or a block without end is an error', () => {
  assert.throws(() => blocksOf('```sh rnu\nx\n```'), /line 1: .*'rnu'/);
  assert.throws(() => blocksOf('text\n```sh run\nx'), /line 2 never ends/);
});

test('what is shown must be all that was printed, but for ellipses', () => {
  assert.ok(isAsShown('a 1 b\n', 'a … b\n'));
  assert.ok(isAsShown('a\nb\nc\nd\n', 'a\n…\nd\n'));
  assert.ok(!isAsShown('a\nb\n', 'a\n'));
  assert.ok(!isAsShown('b\n', 'a\nb\n'));
  assert.ok(!isAsShown('axb\n', 'a.b\n'));
});
