import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { createServer } from 'node:tls';
import { findNotServed } from '../../src/gateway/served-check.ts';
import { site, snapshot, startListeners } from '../listen/support.ts';
import { localhostPair } from '../support/pebble.ts';

test('a port that shows another certificate, or none, is named; one that shows the right one is not', async (t) => {
  const [stored, other] = [await localhostPair(), await localhostPair()];
  const serve = async (pair: { chain: string; key: string }): Promise<number> => {
    const server = createServer({ cert: pair.chain, key: pair.key }, (socket) => socket.on('error', () => {}).end());
    server.on('tlsClientError', () => {});
    t.after(() => void server.close());
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return (server.address() as AddressInfo).port;
  };
  const [right, wrong] = [await serve(stored), await serve(other)];
  const ask = (port: number) => findNotServed({ names: ['localhost'] }, [stored], [{ host: '127.0.0.1', port }]);
  assert.deepEqual(await ask(right), []);
  assert.match((await ask(wrong)).join(), new RegExp(`port ${wrong} shows another certificate`));
  assert.match((await ask(9)).join(), /port 9: .*ECONNREFUSED/);
});

test('a port with the PROXY protocol is asked too, though this machine is no trusted proxy', async (t) => {
  const pair = await localhostPair();
  const { listeners } = await startListeners(t, snapshot([site(['localhost'], pair)]));
  await listeners.open([{ host: '127.0.0.2', port: 0, proxyProtocol: true }], 'https');
  const addresses = listeners.addresses();
  assert.deepEqual(
    addresses.map(({ proxyProtocol = false }) => proxyProtocol),
    [false, true],
  );
  assert.deepEqual(await findNotServed({ names: ['localhost'] }, [pair], addresses), []);
});
