import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { needs } from '../support/parts.ts';
import { runSallyport } from '../support/sallyport.ts';
import { temporaryDirectory } from '../support/scope.ts';

test('check tells which apps could be started, and what is missing for the others', needs('gunicorn'), async (t) => {
  const directory = await temporaryDirectory(t);
  const me = userInfo().username;
  const file = join(directory, 'sallyport.yaml');
  await writeFile(join(directory, 'app.wsgi'), '');
  await writeFile(
    file,
    `listen: { http: 8080, https: false }
state: state
sites:
  a.test: { tls: off, app: { wsgi: app.wsgi, user: ${me} } }
  b.test: { tls: off, app: { run: [no-such-program-here], user: ${me} } }
  c.test: { tls: off, app: { wsgi: gone.wsgi, home: nowhere, user: ${me} } }
`,
  );
  const { code, stdout, stderr } = await runSallyport(['check', '-c', file], { cwd: directory });
  assert.equal(code, 1, stdout + stderr);
  assert.match(stdout, /a\.test.*would run gunicorn app\.wsgi as /);
  assert.match(
    stdout,
    /b\.test.*there is no program no-such-program-here[\s\S]*Install it, or name it with its whole path/,
  );
  assert.match(stderr, /sallyport\.yaml:6:36: sites\."c\.test"\.app\.wsgi: there is no such file; got gone\.wsgi/);
  assert.match(stderr, /sallyport\.yaml:6:53: sites\."c\.test"\.app\.home: there is no such directory; got nowhere/);
});
