import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { programCommand, readProgramFile } from './program.ts';
import { version } from './version.ts';

test('the program starts itself again, whatever the process is that asks for it', () => {
  const [command, ...first] = programCommand();
  assert.equal(execFileSync(command, [...first, '--version'], { encoding: 'utf8' }), `${version}\n`);
});

test('files of the program are found from any working directory', () => {
  assert.match(readProgramFile('demo/page.html'), /<!doctype html>/i);
});
