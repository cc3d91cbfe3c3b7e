import assert from 'node:assert/strict';
import { test } from 'node:test';
import { curl, makePair, sClient, site, snapshot, startListeners } from './support.ts';

const alpha = makePair('ec', 'alpha.example');
const wild = makePair('ec', '*.beta.example');
const sites = [site(['alpha.example', 'www.alpha.example'], alpha), site(['*.beta.example'], wild)];

test('curl gets the site that owns the name: exact, alias, wildcard', async (t) => {
  const { port } = await startListeners(t, snapshot(sites));
  const wanted = [
    ['alpha.example', 'alpha.example'],
    ['WWW.alpha.EXAMPLE', 'alpha.example'],
    ['one.beta.example', '*.beta.example'],
  ] as const;
  for (const [name, served] of wanted) {
    const { output } = await curl(name, port);
    assert.match(output, new RegExp(`"site":"${served.replaceAll('*', '\\*')}"`));
  }
});

test('the certificate shown is that of the name', async (t) => {
  const { port } = await startListeners(t, snapshot(sites));
  const { output } = await sClient(port, ['-servername', 'two.beta.example']);
  assert.match(output, /subject=CN = \*\.beta\.example/);
});

test('an unknown name is refused with unrecognized_name and counted', async (t) => {
  const { port, log, listeners } = await startListeners(t, snapshot(sites));
  for (const name of ['gamma.example', 'beta.example', 'a.b.beta.example']) {
    const { output } = await sClient(port, ['-servername', name]);
    assert.match(output, /tlsv1 unrecognized name/);
  }
  assert.equal(listeners.counters.refusedNames, 3);
  assert.deepEqual(log.lines[0], {
    level: 'info',
    message: 'TLS handshake failed',
    facts: { client: '127.0.0.1', name: 'gamma.example', reason: 'no site has this name' },
  });
});

test('without a name: refused when there are several sites, served when there is one', async (t) => {
  const { port, listeners } = await startListeners(t, snapshot(sites));
  assert.match((await sClient(port, ['-noservername'])).output, /tlsv1 unrecognized name/);
  assert.match((await sClient(port, ['-servername', '127.0.0.1'])).output, /tlsv1 unrecognized name/);
  listeners.apply(snapshot(sites.slice(0, 1)));
  assert.match((await sClient(port, ['-servername', '127.0.0.1'])).output, /subject=CN = alpha\.example/);
  assert.match((await sClient(port, ['-noservername'])).output, /subject=CN = alpha\.example/);
});

test('without a name: the site named by the address the client came to', async (t) => {
  const { port } = await startListeners(t, snapshot([...sites, site(['127.0.0.1'], makePair('ec', '127.0.0.1'))]));
  assert.match((await sClient(port, ['-noservername'])).output, /subject=CN = 127\.0\.0\.1/);
});
