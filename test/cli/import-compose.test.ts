import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { readSettings } from '../../src/control/config/read-settings.ts';
import { temporaryDirectory } from '../support/scope.ts';
import { finish } from './command-line.ts';

const compose = `services:
  kms:
    image: kms
    ports: ["5001:5000"]
  db: { image: "postgres:16", ports: ["5432:5432"] }
`;

test('import compose writes a configuration that can be served, and tells of each port line on the error output', async (t) => {
  const directory = await temporaryDirectory(t);
  await writeFile(join(directory, 'docker-compose.yml'), compose);
  const { code, stdout, stderr } = await finish(directory, ['import', 'compose', 'docker-compose.yml']);
  assert.equal(code, 0);
  assert.match(
    stdout,
    /^ {2}# docker-compose\.yml:4 must become - "127\.0\.0\.1:5001:5000": .*\n {2}kms\.internal: 5001$/m,
  );
  await writeFile(join(directory, 'sallyport.yaml'), stdout);
  assert.deepEqual(
    readSettings(join(directory, 'sallyport.yaml')).settings.sites.map(({ name }) => name),
    ['kms.internal'],
  );
  assert.match(
    stderr,
    /^docker-compose\.yml:4: approximated {2}kms: ports: "5001:5000" {2}site kms\.internal, to: 5001; /m,
  );
  assert.match(stderr, /^docker-compose\.yml:5: refused {2}db: ports: "5432:5432" {2}a database \(postgres\)/m);
  assert.match(stderr, /^2 directives: 0 carried, 1 approximated, 1 refused$/m);
  assert.equal((await finish(directory, ['import', 'compose', '--strict', 'docker-compose.yml'])).code, 1);
});

test('import compose of what Docker would refuse exits with 2 and the place', async (t) => {
  const directory = await temporaryDirectory(t);
  await writeFile(join(directory, 'bad.yml'), 'services: { a: { ports: ["localhost:1:1"] } }\n');
  const { code, stdout, stderr } = await finish(directory, ['import', 'compose', 'bad.yml']);
  assert.deepEqual([code, stdout], [2, '']);
  assert.match(stderr, /bad\.yml:1:26: services\.a\.ports\.0: localhost is no address to Docker/);
});
