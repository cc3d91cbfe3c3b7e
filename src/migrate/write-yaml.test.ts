import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { writeYaml } from './write-yaml.ts';

suite('a written sallyport.yaml', () => {
  test('has its keys in one order, whatever the order of the object', () => {
    const text = writeYaml({
      sites: { 'b.example': { routes: { '/z': 8081, '/a': 8082 }, tls: 'off', aliases: ['www.b.example'] } },
      listen: { https: false, http: 80 },
    });
    assert.equal(
      text,
      `listen: {http: 80, https: false}
sites:
  b.example:
    aliases: [www.b.example]
    tls: off
    routes:
      /z: 8081
      /a: 8082
`,
    );
  });

  test('has comments above the keys they are about, and the others at its head', () => {
    const text = writeYaml({ sites: { 'a.example': { to: 8080, routes: { '/old': { redirect: '/new' } } } } }, [
      { path: [], text: 'from nginx.conf' },
      { path: ['sites', 'a.example'], text: 'first\nsecond' },
      { path: ['sites', 'a.example', 'to'], text: 'the app' },
      { path: ['sites', 'a.example', 'routes', '/old'], text: 'moved' },
      { path: ['nowhere'], text: 'about nothing in particular' },
    ]);
    assert.equal(
      text,
      `# from nginx.conf
# about nothing in particular

sites:
  # first
  # second
  a.example:
    # the app
    to: 8080
    routes:
      # moved
      /old: {redirect: /new}
`,
    );
  });

  test('leaves out what is undefined', () => {
    assert.equal(
      writeYaml({ sites: { 'a.example': { to: 8080, tls: undefined } } }),
      'sites:\n  a.example:\n    to: 8080\n',
    );
  });
});
