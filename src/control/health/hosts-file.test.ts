import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addressesInHosts } from './hosts-file.ts';

const hosts = `# a comment
127.0.0.1\tlocalhost
10.0.0.5  app.internal App2.internal # the app
fe80::1%eth0 link.internal
::1 localhost ip6-localhost
10.0.0.6 app.internal
nonsense app.internal
`;

test('a name has all addresses that some line gives it, in their order', () => {
  assert.deepEqual(addressesInHosts(hosts, 'app.internal'), ['10.0.0.5', '10.0.0.6']);
  assert.deepEqual(addressesInHosts(hosts, 'localhost'), ['127.0.0.1', '::1']);
  assert.deepEqual(addressesInHosts(hosts, 'LINK.internal'), ['fe80::1%eth0']);
});

test('case does not matter, and neither comments nor parts of names count', () => {
  assert.deepEqual(addressesInHosts(hosts, 'app2.INTERNAL'), ['10.0.0.5']);
  assert.deepEqual(addressesInHosts(hosts, 'internal'), []);
  assert.deepEqual(addressesInHosts(hosts, 'comment'), []);
});
