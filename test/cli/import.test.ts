import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { readSettings } from '../../src/control/config/read-settings.ts';
import { temporaryDirectory } from '../support/scope.ts';
import { finish } from './command-line.ts';

const app = `server {
    server_name terrax9.se www.terrax9.se;
    location / {
        proxy_pass http://127.0.0.1:8080;
        proxy_set_header Host $host;
    }
    listen 443 ssl;
    ssl_certificate /etc/letsencrypt/live/terrax9.se/fullchain.pem;
    ssl_certificate_key /etc/letsencrypt/live/terrax9.se/privkey.pem;
}
`;

test('import writes a configuration to the standard output and a verdict for each directive to the error output', async (t) => {
  const directory = await temporaryDirectory(t);
  await writeFile(join(directory, 'app'), app);
  const { code, stdout, stderr } = await finish(directory, ['import', 'nginx', 'app']);
  assert.equal(code, 0);
  const lines = stderr.trimEnd().split('\n');
  assert.equal(lines.length, 9);
  assert.match(stderr, /^app:4: carried {2}proxy_pass http:\/\/127\.0\.0\.1:8080$/m);
  assert.match(lines.at(-1) ?? '', /^8 directives: \d carried, \d approximated, 0 refused$/);
  const file = join(directory, 'sallyport.yaml');
  await writeFile(file, stdout);
  assert.deepEqual(readSettings(file).settings.sites[0]?.names, ['terrax9.se', 'www.terrax9.se']);
});

test('import --json prints configuration, text and verdicts', async (t) => {
  const directory = await temporaryDirectory(t);
  await writeFile(join(directory, 'app'), app);
  const { code, stdout, stderr } = await finish(directory, ['import', 'nginx', '--json', 'app']);
  assert.equal(code, 0);
  assert.equal(stderr, '');
  const { config, yaml, verdicts } = JSON.parse(stdout);
  assert.deepEqual(Object.keys(config.sites), ['terrax9.se']);
  assert.match(yaml, /^sites:\n {2}terrax9\.se:\n/m);
  assert.deepEqual(verdicts[0], { file: 'app', line: 1, directive: 'server', verdict: 'carried', note: '' });
});

test('import --strict exits with 1 when something was refused', async (t) => {
  const directory = await temporaryDirectory(t);
  await writeFile(join(directory, 'app'), app.replace('listen', 'gzip on; listen'));
  assert.equal((await finish(directory, ['import', 'nginx', 'app'])).code, 0);
  const { code, stdout, stderr } = await finish(directory, ['import', 'nginx', '--strict', 'app']);
  assert.equal(code, 1);
  assert.match(stdout, /^sites:/m);
  assert.match(stderr, /: refused {2}gzip on/);
});

test('import of what has no site writes nothing and exits with 1', async (t) => {
  const directory = await temporaryDirectory(t);
  await writeFile(join(directory, 'app'), 'gzip on;\n');
  const { code, stdout, stderr } = await finish(directory, ['import', 'nginx', 'app']);
  assert.equal(code, 1);
  assert.equal(stdout, '');
  assert.match(stderr, /^1 directive: .*not one site could be carried/m);
});

test('import tells where a file is not in the language, and exits with 2', async (t) => {
  const directory = await temporaryDirectory(t);
  await writeFile(join(directory, 'app'), 'server {\n  listen 80\n}\n');
  const { code, stdout, stderr } = await finish(directory, ['import', 'nginx', 'app']);
  assert.equal(code, 2);
  assert.equal(stdout, '');
  assert.match(
    stderr,
    /^sallyport: app:2:3: "listen" is not ended before the }\n {2}cure: End it with a semicolon\.$/m,
  );
});

test('import of a file that is not there exits with 2', async (t) => {
  const { code, stderr } = await finish(await temporaryDirectory(t), ['import', 'nginx', 'nowhere']);
  assert.equal(code, 2);
  assert.match(stderr, /^sallyport: cannot read nowhere; there is no such file$/m);
});
