import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { prepareStage, runSallyport, startApp, startSallyport, untilShown, visit } from '../support/acme-gate.ts';
import { needs } from '../support/parts.ts';

test(
  'renewed under load without a failed request, told to the hook, and not ordered again after a restart',
  needs('pebble'),
  async (t) => {
    const stage = await prepareStage(t, { validity: 12 });
    const app = await startApp(t);
    const told = join(stage.state, '..', 'told');
    const hook = `[sh, -c, 'echo "$SALLYPORT_EVENT $SALLYPORT_NAME $(test -s "$SALLYPORT_CERTIFICATE_FILE" && echo file)" >> ${told}']`;
    const configuration = stage.configuration(`  app.example.org: ${app}\n`, `  onCertificate: ${hook}\n`);
    const gate = await startSallyport(t, configuration);
    const first = await untilShown(gate, 'app.example.org');
    const root = await stage.pebble.issuingRoot();
    let requests = 0;
    let loading = true;
    const load = Promise.all(
      [1, 2, 3].map(async () => {
        while (loading) {
          assert.equal(await visit(gate.https, 'app.example.org', root), 'hello from the app');
          requests++;
        }
      }),
    );
    const second = await untilShown(gate, 'app.example.org', (shown) => shown.serialNumber !== first.serialNumber);
    loading = false;
    await load;
    assert.ok(requests > 20, `${requests} requests`);
    const list = await runSallyport(['cert', 'list', '--json', '-c', gate.configFile]);
    const [certificate] = JSON.parse(list.stdout);
    assert.equal(certificate.name, 'app.example.org');
    assert.equal(certificate.attempts, 0);
    await gate.stop();
    assert.equal(await readFile(told, 'utf8'), 'obtained app.example.org file\nrenewed app.example.org file\n');
    const again = await startSallyport(t, configuration);
    const shown = await untilShown(again, 'app.example.org');
    assert.equal(shown.serialNumber, second.serialNumber, 'the stored certificate is served at once');
  },
);
