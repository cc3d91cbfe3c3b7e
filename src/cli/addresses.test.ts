import assert from 'node:assert/strict';
import { test } from 'node:test';
import { listenUrls, parseListen, siteUrl } from './addresses.ts';

test('an address to listen on is a port, address:port, [address]:port or off', () => {
  assert.deepEqual(parseListen('8443'), [{ host: '', port: 8443 }]);
  assert.deepEqual(parseListen('0'), [{ host: '', port: 0 }]);
  assert.deepEqual(parseListen('127.0.0.1:80'), [{ host: '127.0.0.1', port: 80 }]);
  assert.deepEqual(parseListen('[::1]:65535'), [{ host: '::1', port: 65_535 }]);
  assert.deepEqual(parseListen('off'), []);
});

test('anything else is refused with the wanted form', () => {
  for (const text of ['', '65536', '-1', '80a', '8e3', '::1:80', '[::1]', '127.0.0.1:', 'a:b:80', ' 80', '0x50']) {
    assert.throws(() => parseListen(text), { message: /Wanted: a port/ }, text);
  }
});

test('bound addresses are shown as URLs, HTTPS first, every address of the machine as [::]', () => {
  const addresses = [
    { scheme: 'http', host: '127.0.0.1', port: 80 },
    { scheme: 'https', host: '', port: 443 },
    { scheme: 'https', host: '::1', port: 8443 },
  ] as const;
  assert.equal(listenUrls(addresses), 'https://[::]:443 https://[::1]:8443 http://127.0.0.1:80');
});

test("a site's URL leaves its scheme's own port out", () => {
  assert.equal(siteUrl('https', 'a.test', 443), 'https://a.test/');
  assert.equal(siteUrl('https', 'a.test', 80), 'https://a.test:80/');
  assert.equal(siteUrl('http', 'a.test', 80), 'http://a.test/');
});
