import assert from 'node:assert/strict';
import { copyFile, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { runSallyport } from '../support/sallyport.ts';
import { temporaryDirectory } from '../support/scope.ts';

const terrax9 = join(import.meta.dirname, 'cases/terrax9.yaml');

test('export prints the configuration, a verdict for every key, and with --out keeps what it writes from others', async (t) => {
  const cwd = await temporaryDirectory(t);
  await copyFile(terrax9, join(cwd, 'sallyport.yaml'));
  const { code, stdout, stderr } = await runSallyport(['export', 'nginx', '--out', 'sallyport.conf'], { cwd });
  assert.equal(code, 0, stderr);
  assert.equal(stdout, '');
  const lines = stderr.trimEnd().split('\n');
  assert.match(
    lines[0] ?? '',
    /^sallyport\.yaml:2: approximated {2}sites\."terrax9\.se" {2}the certificate is .*\/etc\/letsencrypt\/live\/terrax9\.se\//,
  );
  assert.equal(lines[2], 'sallyport.yaml:4: carried  sites."terrax9.se".to: 8080');
  assert.equal(lines.at(-1), '3 keys: 2 carried, 1 approximated, 0 refused');
  assert.match(await readFile(join(cwd, 'sallyport.conf'), 'utf8'), /server_name terrax9\.se www\.terrax9\.se;/);
  assert.equal((await stat(join(cwd, 'sallyport.conf'))).mode & 0o777, 0o600);
});
