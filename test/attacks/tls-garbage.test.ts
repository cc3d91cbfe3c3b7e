/** What is not TLS, half of it, or too much of it, at the HTTPS port. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { test } from 'node:test';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { mutate } from '../../fuzz/mutate.ts';
import { Random } from '../../fuzz/random.ts';
import { anyPorts, secureExchange, statuses } from '../exchange/support.ts';
import { openssl } from '../support/clients.ts';
import { needs } from '../support/parts.ts';
import { rawExchange } from '../support/raw-exchange.ts';
import { startSallyport } from '../support/sallyport.ts';
import { sharedScope } from '../support/scope.ts';
import { startApp } from './support.ts';

const scope = sharedScope();
const app = await startApp(scope);
const sallyport = await startSallyport(
  scope,
  `${anyPorts}workers: 1\nlimits: { handshakeTimeout: 2s }\nsites:\n  localhost: ${app}\n`,
);
const hellos: Record<string, string> = JSON.parse(
  readFileSync(new URL('../../src/wire/tls/client-hello.corpus.json', import.meta.url), 'utf8'),
);

async function assertServes(): Promise<void> {
  const { text } = await secureExchange(
    sallyport,
    'localhost',
    'GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n',
  );
  assert.deepEqual(statuses(text), [200]);
}

test('600 damaged ClientHellos: each connection ends, none is answered as HTTPS, and the next handshake succeeds', async (t) => {
  const seed = Date.now() % 2 ** 31;
  const random = new Random(seed);
  const others = Object.values(hellos).map((hex) => Buffer.from(hex, 'hex'));
  const ends: Record<string, number> = {};
  for (let batch = 0; batch < 12; batch++) {
    await Promise.all(
      Array.from({ length: 50 }, async () => {
        const bytes = mutate(random.pick(others), random, { dictionary: [], others, mostBytes: 4000 });
        const { end, text } = await rawExchange(sallyport.https, bytes, { halfClose: true, milliseconds: 20_000 });
        ends[end] = (ends[end] ?? 0) + 1;
        assert.doesNotMatch(text, /^HTTP\/1\.1 200/);
      }),
    );
    await assertServes();
  }
  t.diagnostic(`seed ${seed}: ${JSON.stringify(ends)}`);
  assert.equal(ends.deadline, undefined);
});

test('octets that are nothing at all end the connection', async () => {
  const random = new Random(1);
  for (let i = 0; i < 200; i++) {
    const bytes = Buffer.from(Array.from({ length: 1 + random.below(300) }, () => random.below(256)));
    const { end } = await rawExchange(sallyport.https, bytes, { halfClose: true });
    assert.notEqual(end, 'deadline');
  }
  await assertServes();
});

test('garbage behind a finished handshake ends that connection only', async () => {
  const raw = connect(sallyport.https, '127.0.0.1');
  await once(raw, 'connect');
  const secure = connectTls({ socket: raw, servername: 'localhost', rejectUnauthorized: false });
  secure.on('error', () => {});
  await once(secure, 'secureConnect');
  const closed = new Promise((resolve) => raw.once('close', resolve));
  raw.write(Buffer.from([0x17, 0x03, 0x03, 0x00, 0x40, ...Array<number>(0x40).fill(0xaa)]));
  await closed;
  await assertServes();
});

test('two hundred handshakes that stop after the ClientHello are let go of in time, and others come in meanwhile', async () => {
  const hello = Buffer.from(hellos.openssl ?? '', 'hex')
    .toString('latin1')
    .replaceAll('Alpha.Example', 'localhostxxxx');
  const halves = Array.from({ length: 200 }, () =>
    rawExchange(sallyport.https, Buffer.from(hello, 'latin1').subarray(0, 90), { milliseconds: 15_000 }),
  );
  await assertServes();
  const ends = (await Promise.all(halves)).map(({ end }) => end);
  assert.ok(!ends.includes('deadline'));
});

test('a client cannot have its keys renegotiated: openssl', needs('openssl'), async () => {
  const args = [
    's_client',
    '-connect',
    `127.0.0.1:${sallyport.https}`,
    '-servername',
    'localhost',
    '-tls1_2',
    '-legacy_renegotiation',
  ];
  const { stdout, stderr } = await openssl(args, {
    input: 'R\nGET / HTTP/1.1\nHost: localhost\n\n',
    milliseconds: 20_000,
  });
  const text = stdout + stderr;
  assert.match(text, /RENEGOTIATING/);
  assert.match(text, /no renegotiation|handshake failure|:error:|unexpected/i);
  assert.doesNotMatch(text, /HTTP\/1\.1 200/);
  await assertServes();
});

test('a client cannot have its keys renegotiated: Node.js', async () => {
  const socket: TLSSocket = connectTls({
    port: sallyport.https,
    host: '127.0.0.1',
    servername: 'localhost',
    rejectUnauthorized: false,
    maxVersion: 'TLSv1.2',
  });
  await once(socket, 'secureConnect');
  const outcome = await new Promise<string>((resolve) => {
    socket.on('error', (error) => resolve(error.message));
    socket.on('close', () => resolve('closed'));
    socket.renegotiate({}, (error) => resolve(error?.message ?? 'renegotiated'));
  });
  assert.notEqual(outcome, 'renegotiated');
  socket.destroy();
  await assertServes();
});
