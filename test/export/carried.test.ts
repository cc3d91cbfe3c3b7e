import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { type Document, isCollection, isMap, isScalar, isSeq, parseDocument } from 'yaml';
import { ConfigError } from '../../src/control/config/problems.ts';
import { type Server, servers } from '../../src/migrate/export/rule.ts';
import { sharedScope } from '../support/scope.ts';
import { caseDirectory, exportFile } from './support.ts';

const scope = sharedScope();
const directory = await caseDirectory(scope, ['own.example.org', 'anki.example.net']);
const everything = await readFile(join(directory, 'everything.yaml'), 'utf8');

/** What closes a whole site of a server that cannot do it, so that nothing else of the site shows. */
const closing: Partial<Record<Server, string>> = { caddy: ', crl: revoked.pem' };

/** Keys whose value here is the default, or that mean something only beside others, and why. */
const silent: Readonly<Record<string, string>> = {
  'headers.hsts.preload': 'false is the default',
  'forwardAuth.copyToClient': 'Set-Cookie is the default',
  'health.status': '200-299 is the default',
  '/asked.auth': 'a server that cannot ask the service answers 503 there',
  resolvers: 'only for targets with names',
};

interface Written {
  readonly path: readonly (string | number)[];
  readonly line: number;
}

/** Every key with a plain value, or a list of them, and where it stands. */
function keysOf(document: Document, text: string): Written[] {
  const found: Written[] = [];
  const visit = (node: unknown, path: readonly (string | number)[]): void => {
    if (!isMap(node)) return;
    for (const { key, value } of node.items) {
      if (!isScalar(key)) continue;
      const own = [...path, String(key.value)];
      if (isMap(value)) visit(value, own);
      else if (isSeq(value) && value.items.some(isCollection)) {
        for (const [index, item] of value.items.entries()) visit(item, [...own, index]);
      } else found.push({ path: own, line: text.slice(0, key.range?.[0] ?? 0).split('\n').length });
    }
  };
  visit(document.contents, []);
  return found;
}

/** What a configuration becomes, whatever it is called; null where it is none. */
async function textOf(yaml: string, server: Server): Promise<string | null> {
  await writeFile(join(directory, 'less.yaml'), yaml);
  try {
    return (await exportFile(directory, 'less.yaml', server)).text;
  } catch (error) {
    if (error instanceof ConfigError) return null;
    throw error;
  }
}

for (const server of servers) {
  test(`what is said to be carried to ${server} stands in what is written`, async (t) => {
    const yaml = everything.replace(closing[server] ?? '', '');
    const whole = await textOf(yaml, server);
    const { judged } = await exportFile(directory, 'less.yaml', server);
    const unwritten: string[] = [];
    let tried = 0;
    for (const { path, line } of keysOf(parseDocument(yaml), yaml)) {
      const name = String(path.at(-1));
      const own = judged.find((one) => one.line === line && one.directive.replaceAll('"', '').includes(`${name}:`));
      if (own?.verdict !== 'carried') continue;
      const less = parseDocument(yaml);
      less.deleteIn(path);
      const text = await textOf(String(less), server);
      if (text === null) continue;
      tried++;
      const key = path.join('.');
      if (text === whole && !Object.keys(silent).some((end) => key.endsWith(end))) unwritten.push(key);
    }
    t.diagnostic(`${tried} keys left out in turn`);
    assert.ok(tried > 30, `${tried}`);
    assert.deepEqual(unwritten, []);
  });
}
