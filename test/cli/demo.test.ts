import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { scratch, start } from './command-line.ts';

for (const args of [[], ['demo']]) {
  test(`${args.length === 0 ? 'no arguments' : 'demo'}: URL, root and a curl line to paste, then ready`, async (t) => {
    const directory = scratch(t);
    const run = start(t, directory, args);
    await run.printed(/^ready https:\/\/127\.0\.0\.1:8443 .*http:\/\/127\.0\.0\.1:8080/m);
    run.child.kill('SIGINT');
    const { code, stdout, stderr } = await run.ended;
    assert.equal(code, 0, stderr);
    const root = join(directory, 'state/root.pem');
    assert.match(stdout, new RegExp(`^ +Root +${root}$`, 'm'));
    assert.match(stdout, new RegExp(`^ +Try +curl --cacert ${root} https://localhost:8443/$`, 'm'));
    assert.ok(!stdout.includes('\u001b'), 'no colours away from a terminal');
  });
}
