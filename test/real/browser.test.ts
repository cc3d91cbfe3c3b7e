import assert from 'node:assert/strict';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { startChromium } from '../support/chromium.ts';
import { needs } from '../support/parts.ts';
import { type RunningSallyport, startSallyport } from '../support/sallyport.ts';
import { sharedScope, temporaryDirectory } from '../support/scope.ts';

const parts = needs('chromium', 'certutil');
const scope = sharedScope();
let demo: RunningSallyport;
let rootFile: string;
before(async () => {
  const state = join(await temporaryDirectory(scope), 'state');
  rootFile = join(state, 'authority/root.pem');
  demo = await startSallyport(scope, ['demo', '--https', '0', '--http', '0', '--state', state]);
});

test('Chromium with the root trusted: the page, its WebSocket and its events', parts, async (t) => {
  const browser = await startChromium(t, { roots: [rootFile] });
  const page = await browser.newPage();
  const problems: string[] = [];
  page.on('console', (message) => message.type() === 'error' && problems.push(message.text()));
  page.on('pageerror', (error) => problems.push(error.message));

  const response = await page.goto(`http://localhost:${demo.http}/?from=http`);
  assert.equal(page.url(), `https://localhost:${demo.https}/?from=http`);
  const security = await response?.securityDetails();
  assert.match(security?.protocol ?? '', /TLS 1\.3/);
  assert.equal(await page.locator('h1').textContent(), 'A plain HTTP app, behind HTTPS');
  assert.equal(await page.locator('tr:has-text("Secure context") td').last().textContent(), 'yes');

  const messages = page.locator('#messages li');
  await page.locator('#messages li:nth-child(2)').waitFor();
  await page.locator('#text').fill('Grüße 🚪');
  await page.locator('#send').click();
  await page.locator('#messages li:nth-child(4)').waitFor();
  assert.deepEqual((await messages.allTextContents()).slice(2), ['> Grüße 🚪', '< Grüße 🚪']);

  const clock = page.locator('#clock');
  await clock.filter({ hasText: /\d/ }).waitFor();
  const first = (await clock.textContent()) ?? '';
  await clock.filter({ hasNotText: first }).waitFor();
  assert.deepEqual(problems, []);
});

test('Chromium without the root refuses', parts, async (t) => {
  const browser = await startChromium(t);
  const page = await browser.newPage();
  await assert.rejects(page.goto(`https://localhost:${demo.https}/`), /ERR_CERT_AUTHORITY_INVALID/);
});
