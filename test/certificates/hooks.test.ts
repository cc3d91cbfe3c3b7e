import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { CertificateEvent } from '../../src/control/certificates/lifecycle/alarm.ts';
import { commandHook } from '../../src/control/certificates/lifecycle/command-hook.ts';
import { webhook } from '../../src/control/certificates/lifecycle/webhook.ts';
import { day } from '../support/fake-issuer.ts';
import { memoryLog } from '../support/memory-log.ts';
import { SteppedClock } from '../support/stepped-clock.ts';
import { startWebStandIn } from '../support/web-stand-in.ts';

const at = Date.UTC(2026, 5, 1);
const failing: CertificateEvent = {
  event: 'failing',
  name: 'a.example',
  names: ['a.example', 'www.a.example'],
  at,
  generation: {
    names: ['a.example'],
    pair: { chain: 'CHAIN', key: 'SECRET KEY' },
    issuer: 'letsencrypt',
    notBefore: at - 60 * day,
    notAfter: at + 30 * day,
    renewalId: '',
    obtainedAt: at - 60 * day,
  },
  error: { kind: 'outage', message: 'connection refused', issuer: 'letsencrypt', at, cure: '', problem: null },
  attempts: 4,
  nextAttempt: at + day,
};

test('the command gets the facts in its environment, never the key; its failure is only logged', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'hook-'));
  t.after(() => rmSync(directory, { recursive: true }));
  const script = join(directory, 'hook.sh');
  writeFileSync(script, `#!/bin/sh\nenv | grep ^SALLYPORT_ | sort > ${directory}/out; echo sorry >&2; exit 7\n`, {
    mode: 0o755,
  });
  const log = memoryLog();
  const files = () => ({ certificate: '/state/a/chain.pem', key: '/state/a/key.pem' });
  await commandHook({ command: [script], files, log })(failing);
  const facts = readFileSync(join(directory, 'out'), 'utf8');
  assert.ok(!facts.includes('SECRET'));
  for (const line of [
    'SALLYPORT_EVENT=failing',
    'SALLYPORT_NAMES=a.example www.a.example',
    'SALLYPORT_DAYS_LEFT=30',
    'SALLYPORT_ERROR=connection refused',
    'SALLYPORT_CERTIFICATE_FILE=/state/a/chain.pem',
  ]) {
    assert.ok(facts.split('\n').includes(line), line);
  }
  assert.match(log.lines.join(), /ended with 7.*sorry/);
});

test('the webhook posts JSON without secrets, again after a failure, and gives up with a line in the log', async (t) => {
  let answers = [500, 204];
  const service = await startWebStandIn(() => ({ status: answers.shift() ?? 500, body: '' }));
  t.after(() => service.close());
  const clock = new SteppedClock(at);
  const log = memoryLog();
  const post = webhook({ url: `${service.base}/hooks/token`, clock, log, ca: service.ca });
  const patiently = async (): Promise<void> => {
    let done = false;
    const posting = post(failing).finally(() => {
      done = true;
    });
    while (!done) await clock.advance(100);
    await posting;
  };
  await patiently();
  assert.equal(service.seen.length, 2);
  const body = service.seen[1]!.body;
  assert.ok(!body.includes('SECRET') && !body.includes('CHAIN'));
  const facts = JSON.parse(body) as Record<string, unknown>;
  assert.equal(facts.event, 'failing');
  assert.equal(facts.daysLeft, 30);
  assert.equal(facts.nextAttempt, new Date(at + day).toISOString());
  assert.deepEqual(log.lines, []);
  answers = [];
  await patiently();
  assert.equal(service.seen.length, 6);
  assert.match(log.lines.join(), /webhook failed.*status 500/);
  assert.ok(!log.lines.join().includes('token'));
});
