import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { ClientHelloReader, type ClientHelloResult } from './client-hello.ts';

/** Hellos as sent by real clients, in hexadecimal. */
const corpus: Record<string, string> = JSON.parse(
  readFileSync(new URL('client-hello.corpus.json', import.meta.url), 'utf8'),
);
const hellos = new Map(Object.entries(corpus).map(([client, hex]) => [client, Buffer.from(hex, 'hex')]));
const openssl = hellos.get('openssl')!;

function readAll(octets: Buffer): ClientHelloResult {
  return new ClientHelloReader().push(octets);
}

/** The same handshake message, cut into records of `size` octets. */
function refragment(hello: Buffer, size: number): Buffer {
  const records: Buffer[] = [];
  for (let at = 5; at < hello.length; at += size) {
    const piece = hello.subarray(at, at + size);
    records.push(Buffer.from([22, 3, 1, piece.length >> 8, piece.length & 255]), piece);
  }
  return Buffer.concat(records);
}

function u16(number: number): Buffer {
  return Buffer.from([number >> 8, number & 255]);
}

/** A ClientHello of TLS 1.2 with these extensions. */
function helloWith(...extensions: readonly (readonly [type: number, field: Buffer])[]): Buffer {
  const list = Buffer.concat(extensions.flatMap(([type, field]) => [u16(type), u16(field.length), field]));
  const fixed = Buffer.concat([u16(0x0303), Buffer.alloc(32, 7), Buffer.from([0, 0, 2, 0x13, 1, 1, 0])]);
  const body = Buffer.concat([fixed, u16(list.length), list]);
  const message = Buffer.concat([Buffer.from([1, 0]), u16(body.length), body]);
  return Buffer.concat([Buffer.from([22, 3, 1]), u16(message.length), message]);
}

function serverName(name: string): readonly [number, Buffer] {
  const octets = Buffer.from(name, 'latin1');
  return [0, Buffer.concat([u16(octets.length + 3), Buffer.from([0]), u16(octets.length), octets])];
}

test('real clients are understood', () => {
  const seen = [...hellos].map(([client, hello]) => {
    const result = readAll(hello);
    assert.equal(result.kind, 'hello');
    if (result.kind !== 'hello') throw new Error('unreachable');
    return [client, result.serverName, result.alpn.join(), result.supportedVersions.includes(0x0304)];
  });
  assert.deepEqual(seen, [
    ['openssl', 'alpha.example', 'h2,http/1.1', true],
    ['openssl-tls12', 'alpha.example', '', false],
    ['openssl-no-name', '', '', true],
    ['curl', 'alpha.example', 'h2,http/1.1', true],
    ['python', 'alpha.example', '', true],
    ['node', 'alpha.example', '', true],
    ['chromium', 'alpha.example', 'h2,http/1.1', true],
  ]);
});

test('every split in two, and octet by octet, gives the same result and keeps every octet', () => {
  for (const hello of hellos.values()) {
    const whole = readAll(hello);
    for (let cut = 1; cut < hello.length; cut++) {
      const reader = new ClientHelloReader();
      assert.equal(reader.push(hello.subarray(0, cut)).kind, 'more');
      assert.deepEqual(reader.push(hello.subarray(cut)), whole);
      assert.ok(reader.received.equals(hello));
    }
    const reader = new ClientHelloReader();
    let result: ClientHelloResult = { kind: 'more' };
    for (const octet of hello) result = reader.push(Buffer.from([octet]));
    assert.deepEqual(result, whole);
    assert.ok(reader.received.equals(hello));
  }
});

test('a hello spread over records of any size is the same hello', () => {
  for (const hello of hellos.values()) {
    for (const size of [1, 2, 3, 4, 5, 63, 200]) assert.deepEqual(readAll(refragment(hello, size)), readAll(hello));
  }
});

test('octets behind the hello do not matter and are kept', () => {
  const octets = Buffer.concat([openssl, Buffer.from('anything')]);
  const reader = new ClientHelloReader();
  assert.equal(reader.push(octets).kind, 'hello');
  assert.ok(reader.received.equals(octets));
});

test('the name is compared in lower case without its final dot', () => {
  for (const name of ['WWW.Example.ORG', 'www.example.org.', 'www.example.org']) {
    const result = readAll(helloWith(serverName(name)));
    assert.equal(result.kind === 'hello' && result.serverName, 'www.example.org');
  }
});

test('what is no host name is refused with unrecognized_name', () => {
  const names = [
    '.',
    'a..b',
    '.a',
    'a..',
    '*.example.org',
    'a b',
    'a\0b',
    'b\xfccher',
    `${'a'.repeat(64)}.b`,
    'a/b',
    '::1',
  ];
  for (const name of [...names, `${'a.'.repeat(126)}aaa`]) {
    const result = readAll(helloWith(serverName(name)));
    assert.deepEqual(result, { kind: 'failure', alert: 112, reason: 'server name is not a host name' }, name);
  }
});

test('an extension that occurs twice is refused', () => {
  const result = readAll(helloWith(serverName('a.example'), serverName('b.example')));
  assert.deepEqual(result, { kind: 'failure', alert: 47, reason: 'an extension occurs twice' });
});

test('two names, empty lists, odd lists and stray octets are refused', () => {
  const fields: (readonly [number, string])[] = [
    [0, '000a00000161000001620000'],
    [0, '0000'],
    [0, '000401000161'],
    [16, '0000'],
    [16, '000100'],
    [16, '00030268'],
    [13, '0003040308'],
    [43, '03030403'],
    [43, '0403040303ff'],
    [41, '0000'],
  ];
  for (const [type, field] of fields) {
    const result = readAll(helloWith([type, Buffer.from(field, 'hex')]));
    assert.equal(result.kind === 'failure' && result.alert, 50, `${type} ${field}`);
  }
});

test('what is not TLS is told apart from its first octets', () => {
  const verdicts: (readonly [string, string])[] = [
    ['GET ', 'plain-http'],
    ['PRI * HTTP/2.0\r\n', 'plain-http'],
    ['M-SEARCH *', 'plain-http'],
    ['GE', 'more'],
    ['SSH-2.0-OpenSSH', 'failure'],
    ['\x80\x2e\x01\x03\x01', 'failure'],
    ['\x15\x03\x01\x00\x02', 'failure'],
    ['\x16\x02', 'failure'],
    ['\x16\x03\x01\x00\x00', 'failure'],
    ['\x16\x03\x01\x40\x01', 'failure'],
    ['\x16\x03\x01\x00\x05\x02', 'failure'],
    ['\x16\x03\x01', 'more'],
    ['', 'more'],
  ];
  for (const [octets, kind] of verdicts) assert.equal(readAll(Buffer.from(octets, 'latin1')).kind, kind, octets);
});

test('a hello that never ends is refused at 64 KiB', () => {
  const record = Buffer.concat([Buffer.from([22, 3, 1, 0x40, 0]), Buffer.alloc(2 ** 14, 1)]);
  const reader = new ClientHelloReader();
  let result: ClientHelloResult = { kind: 'more' };
  for (let count = 0; count < 5 && result.kind === 'more'; count++) result = reader.push(record);
  assert.deepEqual(result, { kind: 'failure', alert: 47, reason: 'ClientHello too large' });
});

test('no octets make it throw, and cutting them differently does not change the verdict', () => {
  const damaged = fc
    .tuple(fc.constantFrom(...hellos.values()), fc.array(fc.tuple(fc.nat(2000), fc.nat(255)), { maxLength: 4 }))
    .map(([hello, changes]) => {
      const copy = Buffer.from(hello);
      for (const [at, octet] of changes) copy[at % copy.length] = octet;
      return copy;
    });
  const garbage = fc.uint8Array({ maxLength: 300 }).map((octets) => Buffer.from(octets));
  const framed = garbage.map((octets) => refragment(Buffer.concat([Buffer.alloc(5), octets]), 100));
  fc.assert(
    fc.property(fc.oneof(damaged, garbage, framed), fc.array(fc.nat(2000)), (octets, cuts) => {
      const reader = new ClientHelloReader();
      let result = reader.push(Buffer.alloc(0));
      let from = 0;
      for (const cut of [...cuts.map((one) => one % (octets.length + 1)).sort((a, b) => a - b), octets.length]) {
        result = reader.push(octets.subarray(from, cut));
        from = cut;
      }
      assert.equal(result.kind, readAll(octets).kind);
    }),
    { numRuns: 2000 },
  );
});
