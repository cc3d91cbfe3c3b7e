import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { WebSocketServer } from 'ws';
import { startChromium } from '../support/chromium.ts';
import { needs } from '../support/parts.ts';
import { sharedScope } from '../support/scope.ts';
import { type Gate, openGate } from './gate.ts';

const resources = 200;
const page = `<!doctype html><title>many</title><link rel="icon" href="data:,"><body><script>
const load = (index) => new Promise((resolve, reject) => {
  const image = new Image();
  image.onload = () => resolve(image.naturalWidth);
  image.onerror = () => reject(new Error('resource ' + index));
  image.src = '/dot/' + index + '.svg';
});
window.many = async () => (await Promise.all(Array.from({ length: ${resources} }, (_, index) => load(index)))).join();
window.echo = (text) => new Promise((resolve, reject) => {
  const socket = new WebSocket('wss://' + location.host + '/echo');
  socket.onopen = () => socket.send(text);
  socket.onmessage = ({ data }) => { resolve(data); socket.close(); };
  socket.onerror = () => reject(new Error('WebSocket'));
});
</script>`;
/** As wide as its number, so that an answer given to another request shows. */
const dot = (index: number): string => `<svg xmlns="http://www.w3.org/2000/svg" width="${index + 1}" height="1"/>`;

const scope = sharedScope();
const app = createServer(({ url = '' }, response) => {
  const [, index] = /^\/dot\/(\d+)\.svg$/.exec(url) ?? [];
  if (index === undefined) response.setHeader('Content-Type', 'text/html').end(page);
  else response.setHeader('Content-Type', 'image/svg+xml').end(dot(Number(index)));
});
const webSockets = new WebSocketServer({ server: app });
webSockets.on('connection', (socket) => socket.on('message', (data) => socket.send(`heard ${String(data)}`)));
app.listen(0, '127.0.0.1');
await once(app, 'listening');
scope.after(() => {
  for (const socket of webSockets.clients) socket.terminate();
  app.closeAllConnections();
  app.close();
});

async function logged(gate: Gate, wanted: RegExp, count: number): Promise<string[]> {
  for (let turn = 0; turn < 100; turn++) {
    const text = await readFile(join(gate.sallyport.directory, 'access.log'), 'utf8').catch(() => '');
    const lines = text.split('\n').filter((line) => wanted.test(line));
    if (lines.length >= count) return lines;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`no ${count} lines like ${wanted} in the access log`);
}

test(
  'Chromium: a page, two hundred small resources and a WebSocket, all over HTTP/2',
  needs('chromium', 'certutil'),
  async (t) => {
    const { port } = app.address() as AddressInfo;
    const gate = await openGate(t, { localhost: port }, { logs: { access: 'access.log' } });
    const browser = await startChromium(t, { roots: [gate.rootFile] });
    const tab = await browser.newPage();
    const problems: string[] = [];
    tab.on('console', (message) => message.type() === 'error' && problems.push(message.text()));
    tab.on('pageerror', (error) => problems.push(error.message));
    await tab.goto(gate.url('localhost'));

    const widths = await tab.evaluate('many()');
    assert.equal(widths, Array.from({ length: resources }, (_, index) => index + 1).join());
    const protocols = await tab.evaluate(
      '[...new Set(performance.getEntries().map((entry) => entry.nextHopProtocol).filter(Boolean))].join()',
    );
    assert.equal(protocols, 'h2');
    assert.equal(await tab.evaluate('echo("Grüße")'), 'heard Grüße');

    const dots = await logged(gate, /"GET \/dot\//, resources);
    assert.ok(dots.every((line) => line.includes('.svg HTTP/2.0" 200 ')));
    // RFC 8441: a WebSocket of HTTP/1.1 would be a 101 here.
    const [webSocket] = await logged(gate, /"GET \/echo/, 1);
    assert.match(webSocket!, /"GET \/echo HTTP\/2\.0"/);
    assert.deepEqual(problems, []);
  },
);
