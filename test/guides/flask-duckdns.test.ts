import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { needs } from '../support/parts.ts';
import { startPebble } from '../support/pebble.ts';
import { temporaryDirectory } from '../support/scope.ts';
import { startWebStandIn } from '../support/web-stand-in.ts';
import { followGuide } from './follow.ts';

const token = 'a7c4d0ad-114e-40ef-ba1d-d217904a50f2';

test('the guide for Flask under a duckdns name', needs('curl', 'flask', 'gunicorn', 'pebble'), async (t) => {
  const pebble = await startPebble({ httpPort: 9, tlsPort: 9 });
  t.after(() => pebble.stop());
  const duckdns = await startWebStandIn(
    ({ url }) => {
      const { searchParams: query } = url;
      if (url.pathname !== '/update' || query.get('token') !== token) return { status: 200, body: 'KO' };
      return { status: 200, body: 'OK' };
    },
    async ({ url: { searchParams: query } }) => {
      const host = `_acme-challenge.${query.get('domains')}.duckdns.org.`;
      const value = query.get('txt');
      if (query.get('clear') === 'true') await pebble.challenge('clear-txt', { host });
      else if (value !== null) await pebble.challenge('set-txt', { host, value });
    },
  );
  t.after(() => duckdns.close());
  const directory = await temporaryDirectory(t);
  const [caFile, duckdnsFile, roots] = ['ca.pem', 'duckdns.pem', 'roots.pem'].map((name) => join(directory, name));
  await writeFile(caFile!, pebble.ca);
  await writeFile(duckdnsFile!, duckdns.ca);
  await writeFile(roots!, await pebble.issuingRoot());
  await followGuide(t, 'docs/guides/flask-duckdns.md', {
    acme: `  issuers: [{ directory: "${pebble.directory}", caFile: ${caFile} }]\n  resolvers: ["${pebble.dns}"]\n`,
    dns: `    url: ${duckdns.base}\n    caFile: ${duckdnsFile}\n`,
    ...(roots !== undefined && { roots }),
  });
  const asked = duckdns.seen.map(({ url }) => Object.fromEntries(url.searchParams));
  const [first] = asked;
  assert.deepEqual(first, { domains: 'flask-example', token, ip: '' }, 'the address, before anything else');
  const texts = asked.filter((query) => query.txt !== undefined);
  assert.deepEqual(
    texts.map(({ domains, clear = '' }) => `${domains} ${clear}`),
    ['flask-example ', 'flask-example true'],
    'one record set and cleared',
  );
});
