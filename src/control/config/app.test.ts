import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { AppSettings } from '../../model/app.ts';
import { settingsFromObject } from './read-settings.ts';

const world = { environment: {}, home: '/home/me', isRoot: true, now: 0, openFiles: 1024, processors: 1 };

function appOf(app: object): AppSettings {
  const config = { sites: { 'a.internal': { app: { user: 'root', ...app } } } };
  const [settings] = settingsFromObject(config, '/etc/sallyport', world).settings.apps;
  assert.ok(settings);
  return settings;
}

suite('an app that the gate runs', () => {
  test('is a script where there is a path, and a module where there is a colon', () => {
    const entryOf = (wsgi: string) => {
      const { program } = appOf({ wsgi });
      return program.kind === 'wsgi' ? program.entry : null;
    };
    const application = 'application';
    assert.deepEqual(entryOf('/var/www/app/app.wsgi'), { script: '/var/www/app/app.wsgi', callable: application });
    assert.deepEqual(entryOf('app.wsgi'), { script: '/etc/sallyport/app.wsgi', callable: application });
    assert.deepEqual(entryOf('./web/start:app'), { script: '/etc/sallyport/web/start', callable: 'app' });
    assert.deepEqual(entryOf('start.py:app'), { script: '/etc/sallyport/start.py', callable: 'app' });
    assert.deepEqual(entryOf('shop.wsgi:application'), { module: 'shop.wsgi', callable: application });
    assert.deepEqual(entryOf('app:app'), { module: 'app', callable: 'app' });
    assert.deepEqual(entryOf('shop'), { module: 'shop', callable: application });
  });

  test('lives in the directory of its script, else in that of the configuration, unless it says where', () => {
    assert.equal(appOf({ wsgi: '/var/www/app/app.wsgi' }).home, '/var/www/app');
    assert.equal(appOf({ wsgi: 'app:app' }).home, '/etc/sallyport');
    assert.equal(appOf({ run: ['node', 'app.js'] }).home, '/etc/sallyport');
    assert.equal(appOf({ run: ['node', 'app.js'], home: 'web' }).home, '/etc/sallyport/web');
  });

  test('follows its script, or what it names', () => {
    assert.deepEqual(appOf({ wsgi: 'web/app.wsgi', reload: true }).reload, ['/etc/sallyport/web/app.wsgi']);
    assert.deepEqual(appOf({ run: 'node', reload: 'web' }).reload, ['/etc/sallyport/web']);
    assert.deepEqual(appOf({ run: 'node', reload: ['a', '/b'] }).reload, ['/etc/sallyport/a', '/b']);
    assert.deepEqual(appOf({ wsgi: 'app.wsgi' }).reload, []);
  });

  test('is called like its site, and by its path too where it has only a part of it', () => {
    const app = { run: 'node', user: 'root' };
    const sites = { 'a.internal': { app, routes: { '/api': { app } } } };
    const { settings } = settingsFromObject({ sites }, '/etc/sallyport', world);
    assert.deepEqual(settings.apps.map(({ name }) => name).sort(), ['a.internal', 'a.internal/api']);
  });

  test('runs as root only with a warning, unless that is said', () => {
    const warnings = (app: object) =>
      settingsFromObject({ sites: { 'a.internal': { app } } }, '/etc/sallyport', world).warnings.map(
        ({ message }) => message,
      );
    assert.deepEqual(warnings({ run: 'node' }), ['sites."a.internal".app: an app that runs as root']);
    assert.deepEqual(warnings({ run: 'node', user: 'root' }), []);
  });
});
