import assert from 'node:assert/strict';
import { get } from 'node:http';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { prepareStage, runSallyport, shownFor, startApp, startSallyport } from '../support/acme-gate.ts';
import { needs } from '../support/parts.ts';

/** The status of a plain request. */
function statusOf(port: number, host: string, path: string): Promise<number> {
  return new Promise((resolve, reject) => {
    get({ host: '127.0.0.1', port, path, headers: { host }, agent: false }, (response) => {
      response.resume().on('end', () => resolve(response.statusCode ?? 0));
    }).on('error', reject);
  });
}

test(
  'with the CA down the gate starts, serves the other sites, and says what stands in the way',
  needs('pebble'),
  async (t) => {
    const stage = await prepareStage(t);
    await stage.pebble.stop();
    const app = await startApp(t);
    const sites = `  app.example.org: ${app}\n  notes.internal: ${app}\n  plain.example.org: { to: ${app}, tls: off }\n`;
    const gate = await startSallyport(t, stage.configuration(sites));
    assert.ok(await shownFor(gate.https, 'notes.internal'));
    assert.equal(await shownFor(gate.https, 'app.example.org'), null);
    assert.equal(await statusOf(gate.http, 'app.example.org', '/'), 301);
    assert.equal(await statusOf(gate.http, 'plain.example.org', '/'), 200);
    assert.equal(await statusOf(gate.http, 'app.example.org', '/.well-known/acme-challenge/unknown'), 301);
    assert.equal(await statusOf(gate.http, 'other.example.org', '/.well-known/acme-challenge/unknown'), 404);

    for (;;) {
      const { stdout } = await runSallyport(['status', '--json', '-c', gate.configFile]);
      const { certificates, issuers } = JSON.parse(stdout);
      const [certificate] = certificates;
      if (certificate.lastError === null) {
        await delay(100);
        continue;
      }
      assert.equal(certificate.state, 'failing');
      assert.ok(Date.parse(certificate.nextAttempt) > Date.now());
      assert.match(certificate.lastError.message, /ECONNREFUSED/);
      assert.equal(typeof issuers[0].downSince, 'string');
      break;
    }
    const { stdout } = await runSallyport(['status', '-c', gate.configFile]);
    assert.match(stdout, /127\.0\.0\.1:\d+\/dir +does not answer since/);
    assert.match(stdout, /app\.example\.org.*failing/);
  },
);
