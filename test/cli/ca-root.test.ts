import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryDirectory } from '../support/scope.ts';
import { finish } from './command-line.ts';

const pem = /^-----BEGIN CERTIFICATE-----\n/;

test('ca root says on the error output when it has made the CA', async (t) => {
  const directory = await temporaryDirectory(t);
  const { code, stdout, stderr } = await finish(directory, ['ca', 'root']);
  assert.equal(code, 0);
  assert.match(stdout, pem);
  assert.equal(stderr, `sallyport: made a new in-house CA in ${join(directory, 'state')}\n`);
});

test('ca root of a CA that is there prints the root and nothing else', async (t) => {
  const directory = await temporaryDirectory(t);
  mkdirSync(join(directory, 'state/authority'), { recursive: true });
  const { code, stdout, stderr } = await finish(directory, ['ca', 'root']);
  assert.equal(code, 0);
  assert.match(stdout, pem);
  assert.equal(stderr, '');
});

test("ca root makes no second CA beside root's, unless its directory is named", async (t) => {
  const directory = await temporaryDirectory(t);
  const system = join(directory, 'system');
  mkdirSync(system);
  const refused = await finish(directory, ['ca', 'root'], { FAKE_SYSTEM_STATE: system });
  assert.equal(refused.code, 1);
  assert.equal(refused.stdout, '');
  assert.match(refused.stderr, /no in-house CA in .*state, but root's Sallyport .*\n {2}cure: Ask as root: .*--state/);
  const named = await finish(directory, ['ca', 'root', '--state', 'own'], { FAKE_SYSTEM_STATE: system });
  assert.equal(named.code, 0, named.stderr);
  assert.match(named.stdout, pem);
});
