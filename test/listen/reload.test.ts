import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { test } from 'node:test';
import { connect as connectTls } from 'node:tls';
import { systemErrorCode, UserError } from '../../src/model/errors.ts';
import { ListenError } from '../../src/traffic/listen/bind.ts';
import { createListeners } from '../../src/traffic/listen/listeners.ts';
import { curl, MemoryLog, makePair, sClient, site, snapshot, startListeners, tellAboutConnection } from './support.ts';

const alpha = site(['alpha.example'], makePair('ec', 'alpha.example'));
const beta = site(['beta.example'], makePair('ec', 'beta.example'));
const loopback = { host: '127.0.0.1', port: 0 };

/** Whether listening failed with this system error. */
function cannotListen(code: string): (error: unknown) => boolean {
  return (error) => error instanceof ListenError && systemErrorCode(error.cause) === code;
}

function isUserError(code: string): (error: unknown) => boolean {
  return (error) => error instanceof UserError && error.code === code && error.cure !== undefined;
}

test('a new snapshot serves new connections at once and leaves open ones alone', async (t) => {
  const { port, listeners, connections } = await startListeners(t, snapshot([alpha]));
  const open = connectTls({ port, host: '127.0.0.1', servername: 'alpha.example', rejectUnauthorized: false });
  await once(open, 'secureConnect');
  listeners.apply(snapshot([beta]));
  assert.match((await curl('beta.example', port)).output, /beta\.example/);
  assert.match((await sClient(port, ['-servername', 'alpha.example'])).output, /tlsv1 unrecognized name/);
  open.write('GET / HTTP/1.1\r\n\r\n');
  const [answer]: unknown[] = await once(open, 'data');
  assert.match(String(answer), /"site":"alpha\.example"/);
  assert.equal(connections[0]?.site, alpha);
});

test('the same certificates with other routes: connections get the new site', async (t) => {
  const { port, listeners, connections } = await startListeners(t, snapshot([alpha]));
  const changed = { ...alpha, names: ['alpha.example', 'www.alpha.example'] };
  listeners.apply(snapshot([changed]));
  await curl('www.alpha.example', port);
  assert.equal(connections[0]?.site, changed);
});

test('a certificate that cannot be used changes nothing', async (t) => {
  const { port, listeners } = await startListeners(t, snapshot([alpha]));
  const [good] = alpha.certificates;
  const [other] = beta.certificates;
  const mismatched = { ...beta, certificates: [{ chain: other!.chain, key: good!.key }] };
  const garbage = { ...beta, certificates: [{ chain: 'no PEM', key: 'no PEM' }] };
  for (const broken of [mismatched, garbage]) {
    assert.throws(() => listeners.apply(snapshot([beta, broken])), isUserError('certificate-unusable'));
    const moved = { http: [], https: [loopback, { host: '127.0.0.2', port: 0 }] };
    await assert.rejects(listeners.serve(snapshot([broken]), moved), isUserError('certificate-unusable'));
  }
  assert.equal(listeners.addresses().length, 1);
  assert.match((await curl('alpha.example', port)).output, /alpha\.example/);
});

test('serve opens what is new, keeps what stays, closes what is gone', async (t) => {
  const listeners = createListeners({ log: new MemoryLog(), onConnection: tellAboutConnection });
  t.after(() => listeners.close());
  await listeners.serve(snapshot([alpha]), { http: [loopback], https: [loopback] });
  const [http, https] = listeners.addresses();
  assert.deepEqual([http?.scheme, https?.scheme], ['http', 'https']);
  await listeners.serve(snapshot([alpha]), { http: [], https: [loopback, { host: '127.0.0.2', port: 0 }] });
  const [kept, added, ...more] = listeners.addresses();
  assert.deepEqual(kept, https);
  assert.equal(added?.host, '127.0.0.2');
  assert.deepEqual(more, []);
  assert.match((await curl('alpha.example', kept!.port)).output, /alpha\.example/);
  assert.equal((await curl('alpha.example', http!.port)).code, 7);
});

test('when one address is taken none is opened, and the error says which', async (t) => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  t.after(() => other.close());
  const { port }: AddressInfo = JSON.parse(JSON.stringify(other.address()));
  const { listeners } = await startListeners(t, snapshot([alpha]));
  const before = listeners.addresses();
  const taken = { host: '127.0.0.1', port };
  await assert.rejects(listeners.open([{ host: '127.0.0.3', port: 0 }, taken], 'https'), cannotListen('EADDRINUSE'));
  await assert.rejects(listeners.serve(snapshot([beta]), { http: [], https: [taken] }), cannotListen('EADDRINUSE'));
  assert.deepEqual(listeners.addresses(), before);
  assert.match((await curl('alpha.example', before[0]!.port)).output, /alpha\.example/);
});

test('an address of another machine is refused', async (t) => {
  const { listeners } = await startListeners(t, snapshot([alpha]));
  const elsewhere = listeners.open([{ host: '192.0.2.1', port: 0 }], 'https');
  await assert.rejects(elsewhere, cannotListen('EADDRNOTAVAIL'));
});

test('without a host both families are listened on', async (t) => {
  const { listeners, connections } = await startListeners(t, snapshot([alpha]));
  await listeners.open([{ host: '', port: 0 }], 'https');
  const { port } = listeners.addresses()[1]!;
  assert.match((await curl('alpha.example', port)).output, /"remoteAddress":"127\.0\.0\.1"/);
  const six = connectTls({ port, host: '::1', servername: 'alpha.example', rejectUnauthorized: false });
  await once(six, 'secureConnect');
  six.write('GET / HTTP/1.1\r\n\r\n');
  await once(six, 'data');
  assert.deepEqual(
    connections.map(({ localAddress }) => localAddress),
    ['127.0.0.1', '::1'],
  );
});

test('stopAccepting refuses newcomers and keeps connections; close resets them', async (t) => {
  const { port, listeners } = await startListeners(t, snapshot([alpha]));
  const open = connectTls({ port, host: '127.0.0.1', servername: 'alpha.example', rejectUnauthorized: false });
  await once(open, 'secureConnect');
  await listeners.stopAccepting();
  assert.deepEqual(listeners.addresses(), []);
  assert.equal((await curl('alpha.example', port)).code, 7);
  const gone = once(open, 'error');
  await listeners.close();
  const [error]: { code?: string }[] = await gone;
  assert.equal(error?.code, 'ECONNRESET');
  assert.equal(listeners.counters.open, 0);
});
