import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import { parseTarget } from './target.ts';

suite('a target', () => {
  const tcp = (host: string, port: number, name = `${host}:${port}`) => ({ kind: 'tcp', name, host, port, tls: null });
  const tls = (host: string, port: number, name: string) => ({
    ...tcp(host, port, name),
    tls: { serverName: host, ca: null },
  });
  const forms: [string | number, unknown][] = [
    [8080, tcp('127.0.0.1', 8080)],
    ['8080', tcp('127.0.0.1', 8080)],
    ['localhost:8080', tcp('localhost', 8080)],
    ['my_app:5000', tcp('my_app', 5000)],
    ['[::1]:8080', tcp('::1', 8080, '[::1]:8080')],
    ['http://App.Example', tcp('app.example', 80)],
    ['http://10.0.0.5:3000/', tcp('10.0.0.5', 3000)],
    ['https://10.0.0.5', tls('10.0.0.5', 443, 'https://10.0.0.5:443')],
    ['https://[2001:db8::1]:8443', tls('2001:db8::1', 8443, 'https://[2001:db8::1]:8443')],
    ['unix:/run/app.sock', { kind: 'unix', name: 'unix:/run/app.sock', path: '/run/app.sock' }],
  ];
  for (const [written, target] of forms) {
    test(`${written}`, () => assert.deepEqual(parseTarget(written).value?.target, target));
  }

  test('as an object: another name to verify, and a CA of its own', () => {
    const { value } = parseTarget({ url: 'https://10.0.0.5', serverName: 'App.internal', caFile: 'ca.pem' });
    assert.deepEqual(value?.target, {
      ...tls('10.0.0.5', 443, 'https://10.0.0.5:443'),
      tls: { serverName: 'app.internal', ca: null },
    });
    assert.equal(value?.caFile, 'ca.pem');
  });

  test('is either a target or a fault, whatever is written', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.double(), fc.webUrl(), fc.string({ unit: 'binary' })), (written) => {
        const { value, faults } = parseTarget(written);
        assert.equal((value === undefined) === (faults !== undefined), true);
        if (value?.target.kind === 'tcp') assert.ok(value.target.port >= 1 && value.target.port <= 65_535);
      }),
    );
  });
});
