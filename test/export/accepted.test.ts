import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { needs } from '../support/parts.ts';
import { sharedScope } from '../support/scope.ts';
import { complaint } from './real-servers.ts';
import { caseDirectory, exportFile, furnish } from './support.ts';

const servers = ['nginx', 'apache', 'caddy', 'haproxy'] as const;
const written = join(import.meta.dirname, 'written');
const parts = needs('nginx', 'apache2', 'caddy', 'haproxy', 'openssl');
const scope = sharedScope();
let directory: string;

before(async () => {
  directory = await caseDirectory(scope, ['own.example.org', 'anki.example.net']);
});

for (const server of servers) {
  for (const name of ['kms', 'anki', 'terrax9', 'everything']) {
    test(
      `${server} takes what is written for it of ${name}.yaml, and it is the text in ${name}.${server}`,
      parts,
      async () => {
        const { text } = await exportFile(directory, `${name}.yaml`, server);
        const file = join(written, `${name}.${server}`);
        const shown = text.replaceAll(directory, '/etc/sallyport');
        if (process.env.WRITE_EXPORTS) await writeFile(file, shown);
        assert.equal(shown, await readFile(file, 'utf8'), 'WRITE_EXPORTS=1 writes it anew');
        await furnish(directory, text);
        assert.equal(await complaint(server, directory, text), '');
      },
    );
  }
}
