// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are the strings that users write
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import type { World } from '../../src/control/config/compile.ts';
import { ConfigError } from '../../src/control/config/problems.ts';
import { settingsFromObject } from '../../src/control/config/read-settings.ts';
import { everyDirective } from '../../src/migrate/apache/directive.ts';
import { importApache } from '../../src/migrate/apache/import-apache.ts';
import { readApache } from '../../src/migrate/apache/read.ts';
import type { FileTree } from '../../src/migrate/file-tree.ts';
import { writeYaml } from '../../src/migrate/write-yaml.ts';
import { UserError } from '../../src/model/errors.ts';
import type { FuzzTarget } from '../target.ts';

const corpus = new URL('../../src/migrate/apache/corpus/', import.meta.url);
const seeds = [
  ...['anki', 'balancer', 'certbot-pair', 'client-certificates', 'dangers', 'defines', 'flask-mod-wsgi', 'headers'],
  ...['macro', 'order-allow-deny', 'order-of-rules', 'passwords', 'path-mapping', 'redirects', 'rewrites'],
].map((name) =>
  readFileSync(new URL(`${name}.txt`, corpus), 'utf8')
    .replace(/^=== .*\n/, '')
    .replace(/^>>> [\s\S]*/m, ''),
);

const world: World = { environment: {}, home: '/root', isRoot: true, now: 0, openFiles: 1024, processors: 1 };
/** Files that are not there are no fault of the importer's, nor is a loop that Apache had too. */
const missing =
  /no such file|does not exist|cannot read|cannot be read|ENOENT|ENOTDIR|ENAMETOOLONG|no such (?:user|group)|is where Sallyport itself listens|is a directory|not a file/i;

export const target: FuzzTarget = {
  reads: "the configuration of Apache (httpd.apache.org, 'Configuration Files'), on its way into one of Sallyport's",
  seeds: [...seeds, 'Include main.conf\n', '<If "1">\n</If>\n', 'A "\\', '<VirtualHost *:443>\n'.repeat(60)],
  dictionary: [
    ...[
      '<VirtualHost *:443>\n',
      '</VirtualHost>\n',
      '<Location /a>\n',
      '</Location>\n',
      '<IfModule mod_ssl.c>\n',
      '</IfModule>\n',
    ],
    ...[
      'ServerName a.internal\n',
      'ServerAlias *.b.internal\n',
      'SSLEngine on\n',
      'ProxyPass ',
      'ProxyPassMatch ',
      'ProxyPreserveHost Off\n',
    ],
    ...[
      'http://127.0.0.1:8080/',
      'ws://app:1/',
      'unix:/run/a|http://x/',
      'balancer://b/',
      'fcgi://',
      '/',
      '/a/',
      '!',
      '^/(.*)$',
      '$1',
    ],
    ...[
      'RewriteEngine on\n',
      'RewriteRule ',
      'RewriteCond %{HTTPS} off\n',
      '[P,L]',
      '[R=301]',
      'Redirect permanent ',
      '%{REQUEST_URI}',
    ],
    ...[
      'Require ip 10.0.0.0/8\n',
      'Require valid-user\n',
      'Order deny,allow\n',
      'Deny from all\n',
      'AuthUserFile /u\n',
      'AuthType Basic\n',
    ],
    ...[
      'Header set X ',
      'RequestHeader ',
      'Strict-Transport-Security',
      'WSGIScriptAlias / /a.wsgi\n',
      'WSGIDaemonProcess a ',
      'Listen ',
    ],
    ...[
      'Define A ',
      '${A}',
      'Include ',
      '*.conf',
      '\\\n',
      '"',
      "'",
      '#',
      '\0',
      '\xef\xbb\xbf',
      '__proto__',
      'constructor',
    ],
  ],
  mostBytes: 1500,
  check(input) {
    const text = input.toString('latin1');
    const files: FileTree = {
      read: (path) =>
        path === '/etc/apache2/main.conf' ? { text } : { error: path.endsWith('/etc/apache2') ? 'EISDIR' : 'ENOENT' },
      list: (path) => (path === '/etc/apache2' ? ['main.conf'] : []),
    };
    try {
      const paths = ['/etc/apache2/main.conf'];
      const { config, judged, comments } = importApache({ files: paths, directory: '/', options: {} }, files);
      const { directives } = readApache({ paths, directory: '/', files });
      assert.equal(judged.length, everyDirective(directives).length);
      for (const { verdict, note } of judged) assert.ok(verdict === 'carried' || note !== '');
      if (config === null) return 'no site';
      assert.ok(writeYaml(config, comments).length > 0);
      return checkConfig(config);
    } catch (error) {
      if (!(error instanceof UserError) || error instanceof ConfigError) throw error;
      assert.equal(error.exitCode, 2);
      return 'not the language';
    }
  },
};

/** What is written must be valid, as far as it is about what was read. */
function checkConfig(config: unknown): string {
  try {
    settingsFromObject(config, '/', world);
    return 'valid';
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const others = error.problems.filter(({ message }) => !missing.test(message));
    assert.deepEqual(
      others.map(({ message }) => message),
      [],
    );
    return 'valid, files missing';
  }
}
