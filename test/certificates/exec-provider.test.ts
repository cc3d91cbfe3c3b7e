import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { execProvider } from '../../src/control/certificates/challenge/dns/exec.ts';

test('a command is called to set and to clear, without a shell; its last words explain a failure', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'exec-'));
  t.after(() => rmSync(directory, { recursive: true }));
  const log = join(directory, 'log');
  const script = join(directory, 'dns.sh');
  writeFileSync(script, `#!/bin/sh\necho "$@ [$SALLYPORT_DNS_ACTION $SALLYPORT_DNS_NAME]" >> "${log}"\n`, {
    mode: 0o755,
  });
  const provider = execProvider({ command: [script, '--zone'] });
  await provider.setTxt('_acme-challenge.a.test', 'v; rm -rf /');
  await provider.clearTxt('_acme-challenge.a.test', 'v');
  assert.deepEqual(readFileSync(log, 'utf8').trim().split('\n'), [
    '--zone set _acme-challenge.a.test v; rm -rf / [set _acme-challenge.a.test]',
    '--zone clear _acme-challenge.a.test v [clear _acme-challenge.a.test]',
  ]);
  writeFileSync(script, '#!/bin/sh\necho no such zone >&2\nexit 3\n', { mode: 0o755 });
  await assert.rejects(provider.setTxt('a.test', 'v'), /set ended with 3: no such zone/);
  await assert.rejects(execProvider({ command: ['/nowhere/dns'] }).setTxt('a.test', 'v'), { reason: 'setup' });
});
