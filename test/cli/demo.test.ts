import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { finish, scratch, start } from './command-line.ts';

for (const args of [[], ['demo']]) {
  test(`${args.length === 0 ? 'no arguments' : 'demo'}: URL, root and a curl line to paste, then ready`, async (t) => {
    const directory = scratch(t);
    const run = start(t, directory, args);
    await run.printed(/^ready https:\/\/127\.0\.0\.1:8443 .*http:\/\/127\.0\.0\.1:8080/m);
    run.child.kill('SIGINT');
    const { code, stdout, stderr } = await run.ended;
    assert.equal(code, 0, stderr);
    const root = join(directory, 'state/root.pem');
    assert.match(stdout, /^ +Open +https:\/\/localhost:8443\/$/m);
    assert.match(stdout, new RegExp(`^ +Root +${root}$`, 'm'));
    assert.match(stdout, new RegExp(`^ +Try +curl --cacert ${root} https://localhost:8443/$`, 'm'));
    assert.ok(!stdout.includes('\u001b'), 'colours away from a terminal');
  });
}

test('demo takes other ports and another state directory', async (t) => {
  const directory = scratch(t);
  const run = start(t, directory, ['demo', '--https', '127.0.0.1:443', '--http', 'off', '--state', "it's here"]);
  await run.printed(/^ready https:\/\/127\.0\.0\.1:443$/m);
  run.child.kill('SIGTERM');
  const { stdout } = await run.ended;
  assert.ok(stdout.includes(`curl --cacert '${directory}/it'\\''s here/root.pem' https://localhost/\n`));
});

test('demo on a busy port suggests others', async (t) => {
  const { code, stderr } = await finish(scratch(t), ['demo'], { FAKE_START: 'fails' });
  assert.equal(code, 1);
  assert.match(stderr, /port 443 is in use by nginx \(pid 1\)\n {2}cure: stop it, .*demo --https 9443 --http 9080/);
});
