import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runSallyport } from '../support/sallyport.ts';
import { temporaryDirectory } from '../support/scope.ts';

const cures: readonly (readonly [what: string, args: readonly string[], cure: RegExp])[] = [
  ['HTTPS without a port for it', ['--https', 'off', 'notes.internal', '8080'], /--https 443, or .*--tls off/],
];

for (const [what, args, cure] of cures) {
  test(`up, ${what}: the cure names the option to type`, async (t) => {
    const cwd = await temporaryDirectory(t);
    const ports = args.includes('--https') ? ['--http', '0'] : ['--http', '0', '--https', '0'];
    const { code, stdout, stderr } = await runSallyport(['up', ...ports, '--state', cwd, ...args], { cwd });
    assert.notEqual(code, 0, stdout);
    assert.match(/^ {2}cure: (.*)$/m.exec(stderr)?.[1] ?? stderr, cure);
  });
}
