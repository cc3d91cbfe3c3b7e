import assert from 'node:assert/strict';
import { resolve } from 'node:path';
import { test } from 'node:test';
import { runProcess } from '../support/process.ts';

const proof = resolve(import.meta.dirname, '../../bench/reload-proof.ts');

test('no request fails and no WebSocket is dropped by reloads, an upgrade and a new app, in a short run of the proof', async () => {
  const { code, stdout, stderr } = await runProcess(
    process.execPath,
    [
      proof,
      ...['--gates', 'sallyport', '--seconds', '6', '--reloads', '3', '--upgrades', '1', '--deploys', '1'],
      ...['--connections', '20', '--requests', '200', '--websockets', '20'],
    ],
    { milliseconds: 120_000 },
  );
  assert.equal(code, 0, stdout + stderr);
  assert.match(stdout, /\| reloads, upgrades, app deploys \| 3, 1, 1 \|/);
  assert.match(stdout, /\| of them dropped \| 0 \|/);
});
