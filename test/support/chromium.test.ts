import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startChromium } from './chromium.ts';
import { needs } from './parts.ts';
import { startTlsEcho } from './tls-echo.ts';

test(
  'Chromium trusts the root it is given: a page loads and a WebSocket echoes',
  needs('chromium', 'certutil'),
  async (t) => {
    const server = await startTlsEcho(t, ['app.test']);
    const browser = await startChromium(t, { roots: [server.certificate.rootFile], names: ['app.test'] });
    const page = await browser.newPage();
    await page.goto(`https://app.test:${server.port}/`);
    assert.equal(await page.title(), `app.test:${server.port}`);
    const echoed = await page.evaluate(`new Promise((resolve, reject) => {
    const socket = new WebSocket('wss://' + location.host + '/');
    socket.onopen = () => socket.send('hello');
    socket.onmessage = (event) => resolve(event.data);
    socket.onerror = () => reject(new Error('WebSocket failed'));
  })`);
    assert.equal(echoed, 'hello');
  },
);

test('Chromium without that root refuses', needs('chromium', 'certutil'), async (t) => {
  const server = await startTlsEcho(t, ['app.test']);
  const browser = await startChromium(t, { names: ['app.test'] });
  const page = await browser.newPage();
  await assert.rejects(page.goto(`https://app.test:${server.port}/`), /ERR_CERT_AUTHORITY_INVALID/);
});
