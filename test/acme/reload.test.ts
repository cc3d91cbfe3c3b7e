import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  prepareStage,
  runSallyport,
  shownFor,
  startApp,
  startSallyport,
  untilShown,
  visit,
} from '../support/acme-gate.ts';
import { needs } from '../support/parts.ts';

test(
  'a reload that adds a name orders a certificate for both and serves the old one until then',
  needs('pebble'),
  async (t) => {
    const stage = await prepareStage(t);
    const app = await startApp(t);
    const gate = await startSallyport(t, stage.configuration(`  a.example.org: ${app}\n`));
    const first = await untilShown(gate, 'a.example.org');
    const more = stage.configuration(
      `  a.example.org: { aliases: [www.a.example.org], to: ${app} }\n  b.example.org: ${app}\n`,
    );
    const reloaded = await gate.reload(more);
    assert.equal(reloaded.code, 0, reloaded.stderr);
    assert.ok(await shownFor(gate.https, 'a.example.org'));
    const second = await untilShown(gate, 'www.a.example.org', (one) => one.serialNumber !== first.serialNumber);
    assert.equal(second.subjectAltName, 'DNS:a.example.org, DNS:www.a.example.org');
    await untilShown(gate, 'b.example.org');
    assert.equal(await visit(gate.https, 'b.example.org', await stage.pebble.issuingRoot()), 'hello from the app');

    const without = await gate.reload(stage.configuration(`  b.example.org: ${app}\n`));
    assert.equal(without.code, 0, without.stderr);
    const { stdout } = await runSallyport(['cert', 'list', '--json', '-c', gate.configFile]);
    assert.deepEqual(
      JSON.parse(stdout).map((one: { name: string; state: string }) => `${one.name} ${one.state}`),
      ['b.example.org valid'],
    );
  },
);
