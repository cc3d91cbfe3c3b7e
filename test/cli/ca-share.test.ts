import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { startChromium } from '../support/chromium.ts';
import { needs } from '../support/parts.ts';
import { runProcess, startProcess } from '../support/process.ts';
import { sallyportEntry } from '../support/sallyport.ts';
import { sharedScope, temporaryDirectory } from '../support/scope.ts';

const scope = sharedScope();
const directory = await temporaryDirectory(scope);
const share = (t: Pick<TestContext, 'after'>, ...options: string[]) => {
  const args = [sallyportEntry, 'ca', 'share', '--state', join(directory, 'state'), ...options];
  const running = startProcess(process.execPath, args, { cwd: directory, env: { HOME: directory } });
  t.after(async () => void (await running.stop()));
  return running;
};
const page = share(scope);
const [url] = await page.printed(/^http:\S+$/m);
await page.printed(/^Ctrl-C ends it/m);
const root = new X509Certificate(await readFile(join(directory, 'state/authority/root.pem')));

/** What zbar reads in a picture; `dark` tells of each point whether it is. */
async function readQr(width: number, height: number, dark: (x: number, y: number) => boolean): Promise<string> {
  const points = Array.from({ length: width * height }, (_, at) =>
    dark(at % width, Math.floor(at / width)) ? '00' : 'ff',
  );
  const script = `import sys, zbar
image = zbar.Image(${width}, ${height}, 'Y800', bytes.fromhex(sys.stdin.read()))
zbar.ImageScanner().scan(image)
print('\\n'.join(symbol.data for symbol in image))`;
  const { code, stdout, stderr } = await runProcess('/usr/bin/python3', ['-c', script], { input: points.join('') });
  assert.equal(code, 0, stderr);
  return stdout.trim();
}

test('the QR code in the terminal leads to the page', needs('zbar'), async () => {
  const rows = page.stderr().match(/^[█▀▄ ]{20,}$/gm) ?? [];
  const scale = 4;
  const light = (x: number, y: number): boolean => {
    const character = rows[Math.floor(y / 2)]?.[x] ?? '█';
    return character === '█' || character === (y % 2 === 0 ? '▀' : '▄');
  };
  const side = (rows[0]?.length ?? 0) * scale;
  assert.equal(await readQr(side, side, (x, y) => !light(Math.floor(x / scale), Math.floor(y / scale))), url);
});

test('the page is on loopback alone, and tells the fingerprint that the terminal shows', async () => {
  assert.match(url, /^http:\/\/127\.0\.0\.1:\d+\/[\w-]{16}\/$/);
  const answer = await fetch(url);
  assert.match(answer.headers.get('content-security-policy') ?? '', /default-src 'none'/);
  const text = (await answer.text()).replaceAll('<wbr>', '');
  assert.ok(text.includes(root.fingerprint256));
  assert.ok(
    page
      .stderr()
      .replaceAll(/:?\n {2}/g, ':')
      .includes(root.fingerprint256),
    page.stderr(),
  );
  assert.match(page.stderr(), /Only this machine can open that address\. For phones: .*--listen/);
});

test('the root is there in each form, with the type that devices install', async () => {
  const get = async (file: string) => {
    const answer = await fetch(url + file);
    return { type: answer.headers.get('content-type'), body: Buffer.from(await answer.arrayBuffer()) };
  };
  const der = await get('root.crt');
  assert.equal(der.type, 'application/x-x509-ca-cert');
  assert.deepEqual(der.body, root.raw);
  const pem = await get('root.pem');
  assert.equal(pem.type, 'application/x-pem-file');
  assert.equal(new X509Certificate(pem.body).fingerprint256, root.fingerprint256);
  const profile = await get('root.mobileconfig');
  assert.equal(profile.type, 'application/x-apple-aspen-config');
  assert.match(String(profile.body), /com\.apple\.security\.root/);
});

test('without the token there is nothing, and nothing can be sent', async () => {
  const { origin } = new URL(url);
  for (const path of ['/', '/root.pem', '/favicon.ico', `${new URL(url).pathname}../../etc/passwd`])
    assert.equal((await fetch(origin + path)).status, 404, path);
  assert.equal((await fetch(`${url}root.key`)).status, 404);
  assert.equal((await fetch(url, { method: 'POST' })).status, 405);
});

test(
  'in Chromium: the steps of the device are open, and the QR code leads here',
  needs('chromium', 'zbar'),
  async (t) => {
    const browser = await startChromium(t);
    const tab = await browser.newPage();
    const problems: string[] = [];
    tab.on('console', (message) => message.type() === 'error' && problems.push(message.text()));
    await tab.route('**/favicon.ico', (route) => route.fulfill({ status: 204 }));
    await tab.goto(url);
    assert.deepEqual(await tab.locator('details[open] summary').allTextContents(), ['Debian, Ubuntu']);
    assert.deepEqual(problems, []);
    const svg = await tab.locator('.qr').innerHTML();
    const blank = await browser.newPage();
    const side = 300;
    // What the browser paints, point by point.
    const painted = await blank.evaluate<number[]>(`(async () => {
    const image = new Image(${side}, ${side});
    image.src = 'data:image/svg+xml,' + ${JSON.stringify(encodeURIComponent(svg.replace('<svg', `<svg width="${side}" height="${side}"`)))};
    await image.decode();
    const pen = new OffscreenCanvas(${side}, ${side}).getContext('2d');
    pen.fillStyle = 'white';
    pen.fillRect(0, 0, ${side}, ${side});
    pen.drawImage(image, 0, 0, ${side}, ${side});
    return [...pen.getImageData(0, 0, ${side}, ${side}).data].filter((_, at) => at % 4 === 0);
  })()`);
    assert.equal(await readQr(side, side, (x, y) => (painted[y * side + x] ?? 255) < 128), url);
  },
);

test('the page ends with the time asked for, or with Ctrl-C', async (t) => {
  const short = share(t, '--for', '1s', '--json');
  const [line] = await short.printed(/^\{.*\}$/m);
  assert.deepEqual(Object.keys(JSON.parse(line)), ['url', 'fingerprint']);
  assert.equal((await short.exited).code, 0);
  page.signal('SIGINT');
  assert.equal((await page.exited).code, 0);
  await assert.rejects(fetch(url));
});
