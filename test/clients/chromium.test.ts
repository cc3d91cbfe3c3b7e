import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { WebSocketServer } from 'ws';
import { startChromium } from '../support/chromium.ts';
import { needs } from '../support/parts.ts';
import type { Scope } from '../support/scope.ts';
import { startGate } from './gate.ts';

/** A Node app with a page and, on the same port, a `ws` echo. */
async function startApp(scope: Scope): Promise<number> {
  const app = createServer((_request, response) => {
    response.setHeader('Content-Type', 'text/html').end('<title>The app</title>');
  });
  const sockets = new WebSocketServer({ server: app });
  sockets.on('connection', (socket) =>
    socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary })),
  );
  app.listen(0, '127.0.0.1');
  await once(app, 'listening');
  scope.after(async () => {
    for (const socket of sockets.clients) socket.terminate();
    app.closeAllConnections();
    app.close();
    await once(app, 'close');
  });
  return (app.address() as AddressInfo).port;
}

test('Chromium loads the page and talks over wss, the root trusted', needs('chromium', 'certutil'), async (t) => {
  const gate = await startGate(t, await startApp(t));
  const browser = await startChromium(t, { roots: [gate.certificate.rootFile], names: [gate.name] });
  const page = await browser.newPage();
  const response = await page.goto(`https://${gate.name}:${gate.port}/`);
  assert.equal(response?.status(), 200, gate.sallyport.output());
  assert.equal(await page.title(), 'The app');
  const echoes = await page.evaluate(`new Promise((resolve, reject) => {
    const socket = new WebSocket('wss://' + location.host + '/');
    const seen = [];
    socket.onopen = () => { socket.send('one'); socket.send('x'.repeat(200000)); };
    socket.onmessage = ({ data }) => { seen.push(data.length); if (seen.length === 2) socket.close(1000); };
    socket.onclose = ({ code, wasClean }) => resolve({ seen, code, wasClean });
    socket.onerror = () => reject(new Error('WebSocket failed'));
  })`);
  assert.deepEqual(echoes, { seen: [3, 200_000], code: 1000, wasClean: true });
});
