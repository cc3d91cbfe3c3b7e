import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { parse } from 'yaml';
import { needs } from '../support/parts.ts';
import { runSallyport, sallyportEntry } from '../support/sallyport.ts';
import { temporaryDirectory } from '../support/scope.ts';
import { keys, startInTerminal } from '../support/terminal.ts';

const { enter, down, interrupt } = keys;

const init = (t: TestContext, cwd: string, ...options: string[]) =>
  startInTerminal(t, [process.execPath, sallyportEntry, 'init', ...options], { cwd });

test('init asks, shows and writes; wrong answers are told at once', needs('script'), async (t) => {
  const cwd = await temporaryDirectory(t);
  const terminal = init(t, cwd);
  await terminal.answer(/By which name/, `kms..internal${enter}`);
  await terminal.answer(/not a host name; wanted a host name such as/, `\x15kms.internal${enter}`);
  await terminal.answer(/No public CA vouches for kms\.internal/, enter);
  // The entry before the last one, which wraps around from the first.
  await terminal.answer(/Where is the app\?[\s\S]*Enter/, `\x1b[A\x1b[A${enter}`);
  await terminal.answer(/Its port, host:port/, `99999${enter}`);
  await terminal.answer(/not a port/, `\x155001${enter}`);
  await terminal.answer(/All of its paths/, `${down}${enter}`);
  await terminal.answer(/Which\?/, `/api /files${enter}`);
  await terminal.answer(/a name and a password first/, 'y');
  await terminal.answer(/first user/, `alice${enter}`);
  await terminal.answer(/Password of alice/, `s3cret${enter}`);
  await terminal.answer(/The same again/, `other${enter}`);
  await terminal.answer(/The two differ[\s\S]*Password of alice/, `s3cret${enter}`);
  await terminal.answer(/The same again/, `s3cret${enter}`);
  await terminal.answer(/Another site/, enter);
  await terminal.answer(/basic: users\.htpasswd[\s\S]*Write .*sallyport\.yaml\?/, enter);
  const { code, shown } = await terminal.ended;
  assert.equal(code, 0, shown);
  assert.doesNotMatch(shown, /s3cret/);
  assert.match(shown, /Next:\s+sallyport check/);
  assert.deepEqual(parse(await readFile(join(cwd, 'sallyport.yaml'), 'utf8')), {
    sites: { 'kms.internal': { routes: { '/api': 5001, '/files': 5001 }, auth: { basic: 'users.htpasswd' } } },
  });
  assert.equal((await stat(join(cwd, 'users.htpasswd'))).mode & 0o777, 0o600);
  assert.equal((await runSallyport(['check', '--offline'], { cwd })).code, 0);
});

test('Ctrl-C leaves nothing behind', needs('script'), async (t) => {
  const cwd = await temporaryDirectory(t);
  const terminal = init(t, cwd);
  await terminal.answer(/By which name/, `a.example.org${enter}`);
  await terminal.answer(/a\.example\.org is a public name/, interrupt);
  const { code, shown } = await terminal.ended;
  assert.equal(code, 1);
  assert.match(shown, /given up; nothing was written/);
  assert.deepEqual(await readdir(cwd), []);
});

test('apps that run are offered by port and program; what compose has here is told', needs('script'), async (t) => {
  const cwd = await temporaryDirectory(t);
  await writeFile(join(cwd, 'docker-compose.yml'), 'services: {}\n');
  const app = createServer().listen(0, '127.0.0.1');
  t.after(() => app.close());
  await once(app, 'listening');
  const { port } = app.address() as AddressInfo;
  const terminal = init(t, cwd);
  await terminal.answer(/sallyport import compose docker-compose\.yml[\s\S]*By which name/, enter);
  await terminal.answer(/HTTPS how/, enter);
  await terminal.answer(new RegExp(`port ${port}: node\\b`), interrupt);
  assert.equal((await terminal.ended).code, 1);
});

test('a file that is there is kept unless the answer is yes', needs('script'), async (t) => {
  const cwd = await temporaryDirectory(t);
  await writeFile(join(cwd, 'sallyport.yaml'), '# mine\n');
  const terminal = init(t, cwd, '--host', 'a.internal', '--to', '8080');
  await terminal.answer(/is there already\. Replace it\?/, enter);
  const { code, shown } = await terminal.ended;
  assert.equal(code, 1);
  assert.match(shown, /Nothing was written/);
  assert.equal(await readFile(join(cwd, 'sallyport.yaml'), 'utf8'), '# mine\n');
});

test('a second site, which Sallyport runs itself, has the users of the first one', needs('script'), async (t) => {
  const cwd = await temporaryDirectory(t);
  await writeFile(join(cwd, 'app.wsgi'), '');
  const me = userInfo().username;
  const up = '\x1b[A';
  const terminal = init(t, cwd, '--out', 'made/two.yaml');
  await terminal.answer(/By which name/, `a.example.org www.a.example.org${enter}`);
  await terminal.answer(/a\.example\.org is a public name/, enter);
  await terminal.answer(/Where is the app\?[\s\S]*Enter/, up + up + enter);
  await terminal.answer(/Its port, host:port/, enter);
  await terminal.answer(/All of its paths/, enter);
  await terminal.answer(/a name and a password first/, 'y');
  await terminal.answer(/first user/, `alice${enter}`);
  await terminal.answer(/Password of alice/, `s3cret${enter}`);
  await terminal.answer(/The same again/, `s3cret${enter}`);
  await terminal.answer(/Another site/, 'y');
  await terminal.answer(/By which name/, `a.example.org${enter}`);
  await terminal.answer(/it is there already/, `\x15b.internal${enter}`);
  await terminal.answer(/HTTPS how/, enter);
  await terminal.answer(/Where is the app\?[\s\S]*Enter/, up + enter);
  await terminal.answer(/What is it\?/, enter);
  await terminal.answer(/Its script/, `gone.wsgi${enter}`);
  await terminal.answer(/there is no such file/, `\x15../app.wsgi${enter}`);
  await terminal.answer(/As which user/, `\x15${me}${enter}`);
  await terminal.answer(/a name and a password first/, 'y');
  await terminal.answer(/Another site/, enter);
  await terminal.answer(/letters about your certificates/, `me@example.org${enter}`);
  await terminal.answer(/Write .*two\.yaml\?/, enter);
  const { code, shown } = await terminal.ended;
  assert.equal(code, 0, shown);
  assert.match(shown, /sallyport check -c .*made\/two\.yaml/);
  const auth = { basic: 'users.htpasswd' };
  assert.deepEqual(parse(await readFile(join(cwd, 'made/two.yaml'), 'utf8')), {
    acme: { email: 'me@example.org' },
    sites: {
      'a.example.org': { aliases: ['www.a.example.org'], to: 8080, auth },
      'b.internal': { app: { wsgi: '../app.wsgi', user: me }, auth },
    },
  });
  assert.deepEqual((await readdir(join(cwd, 'made'))).sort(), ['two.yaml', 'users.htpasswd']);
});
