import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { prepareStage, startSallyport, untilShown, visit } from '../support/acme-gate.ts';
import { needs } from '../support/parts.ts';
import type { Scope } from '../support/scope.ts';

async function startApp(scope: Scope): Promise<number> {
  const app = createServer((_request, response) => response.end('hello from the app'));
  app.listen(0, '127.0.0.1');
  await once(app, 'listening');
  scope.after(() => {
    app.close();
    app.closeAllConnections();
  });
  return (app.address() as AddressInfo).port;
}

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
