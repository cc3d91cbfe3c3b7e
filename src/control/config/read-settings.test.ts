import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, suite, test } from 'node:test';
import { defaultLimits } from '../../model/limits.ts';
import { noHeaderRules, type Route, type SiteSettings } from '../../model/site.ts';
import type { World } from './compile.ts';
import { connectionsFor } from './open-files.ts';
import { ConfigError } from './problems.ts';
import { readSettings, settingsForHosts, settingsFromObject } from './read-settings.ts';

const world: World = {
  environment: { PORT: '5001' },
  home: '/home/me',
  isRoot: false,
  now: 0,
  openFiles: 1024,
  processors: 1,
};

function siteOf(object: unknown): SiteSettings {
  const { settings } = settingsFromObject({ sites: { 'a.example': object } }, '/etc/sallyport', world);
  const [site] = settings.sites;
  assert.ok(site);
  return site;
}

/** The routes in short: `path target` or `path -> location`. */
function outline(routes: readonly Route[]): string[] {
  return routes.map(({ path, action }) => {
    if (action.kind === 'redirect') return `${path} -> ${action.status} ${action.location}`;
    return `${path} ${action.group.name}${action.stripPrefix ? ' stripped' : ''}`;
  });
}

suite('a configuration file', () => {
  const directory = mkdtempSync(join(tmpdir(), 'sallyport-'));
  after(() => rmSync(directory, { recursive: true }));
  const read = (text: string) => {
    const file = join(directory, 'sallyport.yaml');
    writeFileSync(file, text);
    return readSettings(file, world);
  };

  test('with every key of this version becomes settings', () => {
    const { settings, warnings } = read(`
listen: { http: [80, "[::1]:8080"], https: "127.0.0.1:443" }
state: state
control: /run/sallyport.sock
trustedProxies: [10.0.0.0/8, 192.168.1.1]
logs: { access: logs/access.log, errors: off, format: json }
limits:
  handshakeTimeout: 11s
  tunnelIdle: 0
  headBytes: 64KiB
  connections: 100
  connectionsPerAddress: 20
sites:
  terrax9.se:
    aliases: [www.terrax9.se]
    to: 8080
  anki.example.net:
    routes:
      /sync: http://127.0.0.1:27701
      /msync: { to: 27701 }
      /old: { redirect: https://anki.example.net/sync }
      /api: { to: 5000, stripPrefix: true }
  kms.internal:
    tls: internal
    to: 127.0.0.1:\${PORT}
    headers: { request: { set: { X-Site: kms } }, response: { remove: [Server] } }
`);
    assert.deepEqual(warnings, []);
    assert.equal(settings.file, join(directory, 'sallyport.yaml'));
    assert.deepEqual(settings.listen, {
      http: [
        { host: '', port: 80 },
        { host: '::1', port: 8080 },
      ],
      https: [{ host: '127.0.0.1', port: 443 }],
    });
    assert.equal(settings.state, join(directory, 'state'));
    assert.equal(settings.control, '/run/sallyport.sock');
    assert.deepEqual(settings.trustedProxies, ['10.0.0.0/8', '192.168.1.1/32']);
    assert.deepEqual(settings.logs, { access: join(directory, 'logs/access.log'), errors: 'off', format: 'json' });
    assert.deepEqual(settings.limits, {
      ...defaultLimits,
      ...{ handshakeTimeout: 11_000, tunnelIdle: 0, headBytes: 65_536, connections: 100, connectionsPerAddress: 20 },
    });
    const [terrax9, anki, kms] = settings.sites;
    assert.deepEqual(terrax9?.names, ['terrax9.se', 'www.terrax9.se']);
    assert.deepEqual(terrax9?.tls, { mode: 'acme' });
    assert.deepEqual(outline(terrax9?.routes ?? []), ['/ 127.0.0.1:8080']);
    assert.deepEqual(outline(anki?.routes ?? []), [
      '/msync 127.0.0.1:27701',
      '/sync 127.0.0.1:27701',
      '/old -> 302 https://anki.example.net/sync',
      '/api 127.0.0.1:5000 stripped',
    ]);
    assert.deepEqual(kms?.tls, { mode: 'internal' });
    assert.deepEqual(outline(kms?.routes ?? []), ['/ 127.0.0.1:5001']);
    assert.deepEqual(kms?.routes[0]?.headers.request.set, new Map([['X-Site', 'kms']]));
    assert.deepEqual(kms?.routes[0]?.headers.response.remove, ['Server']);
  });

  test('anchors and aliases stand for what they name', () => {
    const { settings } = read('sites:\n  a.example: { to: &app 8080, tls: off }\n  b.example: *app\n');
    assert.deepEqual(outline(settings.sites[1]?.routes ?? []), ['/ 127.0.0.1:8080']);
  });

  test('aliases that multiply are refused before they fill the memory', () => {
    const levels = Array.from(
      { length: 20 },
      (_, n) =>
        `x${n}: &x${n} [${Array(10)
          .fill(n === 0 ? 'x' : `*x${n - 1}`)
          .join(', ')}]`,
    );
    assert.throws(() => read(`${levels.join('\n')}\nsites: *x19\n`), /too many values, aliases included/);
  });

  test('nesting without end is refused', () => {
    assert.throws(() => read('['.repeat(50_000)), ConfigError);
    assert.throws(() => read(`sites: ${'['.repeat(100)}${']'.repeat(100)}`), /nested too deeply/);
  });

  test('that is not there or not text is refused by name', () => {
    assert.throws(() => readSettings(join(directory, 'nowhere.yaml'), world), /nowhere\.yaml: cannot read .*ENOENT/);
    assert.throws(() => readSettings(directory, world), /cannot read .*EISDIR/);
    writeFileSync(join(directory, 'latin.yaml'), Buffer.from([0x61, 0xe9]));
    assert.throws(() => readSettings(join(directory, 'latin.yaml'), world), /not text in UTF-8/);
  });
});

suite('a configuration as an object', () => {
  test('gets the same defaults', () => {
    const { settings } = settingsFromObject({ sites: { 'a.example': 8080 } }, '/etc/sallyport', world);
    assert.equal(settings.file, null);
    assert.deepEqual(settings.listen, { http: [{ host: '', port: 80 }], https: [{ host: '', port: 443 }] });
    assert.equal(settings.state, '/home/me/.local/state/sallyport');
    assert.equal(settings.control, '/home/me/.local/state/sallyport/control.sock');
    assert.deepEqual(settings.logs, { access: 'stdout', errors: 'stderr', format: 'combined' });
    assert.deepEqual(settings.limits, { ...defaultLimits, connections: connectionsFor(1024) });
  });

  test('cannot be changed afterwards', () => {
    const { settings } = settingsFromObject({ sites: { 'a.example': 8080 } }, '/', world);
    assert.ok(Object.isFrozen(settings) && Object.isFrozen(settings.sites[0]?.routes[0]?.action));
  });

  test('is refused with paths instead of places', () => {
    const within: Record<string, unknown> = {};
    within.sites = within;
    const objects: [unknown, RegExp][] = [
      [null, /^not a configuration; got null/],
      [{ sites: { 'a.example': { to: 99_999 } } }, /^sites\."a\.example"\.to: not a port; got 99999/],
      [within, /within itself/],
      [{ sites: () => 1 }, /a function is no value/],
      [JSON.parse('{"sites": {"__proto__": 8080}}'), /at least one site/],
    ];
    for (const [object, message] of objects) {
      assert.throws(
        () => settingsFromObject(object, '/', world),
        (error) => error instanceof ConfigError && message.test(error.message),
      );
    }
  });
});

suite('a site', () => {
  test('with tls: auto asks the public CA for public names only', () => {
    const mode = (name: string) =>
      settingsFromObject({ sites: { [name]: 8080 } }, '/', world).settings.sites[0]?.tls.mode;
    for (const name of ['terrax9.se', '*.example.org', '203.0.113.1']) assert.equal(mode(name), 'acme', name);
    for (const name of ['localhost', 'nas', 'kms.internal', '192.168.1.5', '[::1]'])
      assert.equal(mode(name), 'internal', name);
  });

  test('may have a wildcard beside a name it covers', () => {
    const { settings } = settingsFromObject({ sites: { '*.example.org': 8080, 'www.example.org': 8081 } }, '/', world);
    assert.equal(settings.sites.length, 2);
  });

  test('without rules about fields shares the empty ones', () => {
    assert.equal(siteOf(8080).routes[0]?.headers, noHeaderRules);
    assert.equal(siteOf({ routes: { '/a': { to: 8080 } } }).routes[0]?.headers, noHeaderRules);
  });

  test('gives its rules to its routes', () => {
    const headers = { request: { set: { Host: 'app.internal' } } };
    const site = siteOf({ headers, routes: { '/a': { to: 8080, headers: { request: { remove: ['Cookie'] } } } } });
    assert.deepEqual(site.routes[0]?.headers.request, {
      set: new Map([['Host', 'app.internal']]),
      add: new Map(),
      remove: ['Cookie'],
    });
  });
});

suite('doubtful settings are used, with a warning', () => {
  const warningsOf = (more: object) =>
    settingsFromObject({ sites: { 'a.example': 8080 }, ...more }, '/', world).warnings.map(({ message }) => message);
  test('more connections than file descriptors', () => {
    assert.match(warningsOf({ limits: { connections: 5000 } })[0] ?? '', /^limits\.connections: more connections than/);
  });
  test('tunnels cut early', () =>
    assert.match(warningsOf({ limits: { tunnelIdle: '5m' } })[0] ?? '', /quiet WebSockets will be cut/));
  test('everybody trusted', () =>
    assert.match(warningsOf({ trustedProxies: ['0.0.0.0/0'] })[0] ?? '', /everybody is trusted/));
});

suite('hosts and a target as arguments', () => {
  test('become one site', () => {
    const { settings } = settingsForHosts(
      { hosts: ['Terrax9.se', 'www.terrax9.se', 'terrax9.se'], target: '8080' },
      world,
    );
    assert.deepEqual(
      settings.sites.map(({ names, tls }) => [names, tls.mode]),
      [[['terrax9.se', 'www.terrax9.se'], 'acme']],
    );
    assert.deepEqual(outline(settings.sites[0]?.routes ?? []), ['/ 127.0.0.1:8080']);
  });

  test('become two where public and internal names are mixed', () => {
    const { settings } = settingsForHosts({ hosts: ['localhost', 'terrax9.se', '127.0.0.1'], target: 8080 }, world);
    assert.deepEqual(
      settings.sites.map(({ names, tls }) => [names, tls.mode]),
      [
        [['localhost', '127.0.0.1'], 'internal'],
        [['terrax9.se'], 'acme'],
      ],
    );
  });

  test('take the other keys of a configuration', () => {
    const { settings } = settingsForHosts(
      { hosts: ['a.example'], target: 8080, tls: 'internal', state: '/srv/state', listen: { http: false, https: 0 } },
      world,
    );
    assert.equal(settings.state, '/srv/state');
    assert.deepEqual(settings.listen, { http: [], https: [{ host: '', port: 0 }] });
    assert.equal(settings.sites[0]?.tls.mode, 'internal');
  });

  test('are refused all at once', () => {
    assert.throws(
      () => settingsForHosts({ hosts: ['a.example:443', '*'], target: 'app' }, world),
      (error) => {
        assert.ok(error instanceof ConfigError);
        assert.deepEqual(
          error.problems.map(({ message }) => message.replace(/; wanted [^?]*?(?=; did|$)/, '')),
          [
            'host "a.example:443": a port in a name; did you mean "a.example"?',
            'host "*": a wildcard for every name',
            'target "app": a target without a port; did you mean "app:8080"?',
          ],
        );
        return true;
      },
    );
  });
});
