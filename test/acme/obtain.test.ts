import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { prepareStage, startApp, startSallyport, untilShown, visit } from '../support/acme-gate.ts';
import { needs } from '../support/parts.ts';

for (const challenge of ['http-01', 'tls-alpn-01']) {
  test(`a site gets its certificate by ${challenge} and is served with it`, needs('pebble'), async (t) => {
    const stage = await prepareStage(t);
    const app = await startApp(t);
    const sites = `  app.example.org: { aliases: [www.app.example.org], to: ${app} }\n`;
    const gate = await startSallyport(t, stage.configuration(sites, `  challenge: ${challenge}\n`));
    const shown = await untilShown(gate, 'app.example.org');
    assert.equal(shown.subjectAltName, 'DNS:app.example.org, DNS:www.app.example.org');
    const root = await stage.pebble.issuingRoot();
    assert.equal(await visit(gate.https, 'www.app.example.org', root), 'hello from the app');
  });
}

test('a wildcard and its apex are proven by dns-01, through a command of the user', needs('pebble'), async (t) => {
  const stage = await prepareStage(t);
  const app = await startApp(t);
  const program = join(import.meta.dirname, '../programs/change-txt.ts');
  const command = JSON.stringify([process.execPath, program, stage.pebble.challengeUrl]);
  const sites = `  example.org: { aliases: ["*.example.org"], to: ${app} }\n`;
  const gate = await startSallyport(t, stage.configuration(sites, `  dns: { provider: exec, command: ${command} }\n`));
  await untilShown(gate, 'any.example.org');
  const root = await stage.pebble.issuingRoot();
  assert.equal(await visit(gate.https, 'any.example.org', root), 'hello from the app');
  assert.equal(await visit(gate.https, 'example.org', root), 'hello from the app');
});
