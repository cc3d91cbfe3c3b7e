import { readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { stringify } from 'yaml';
import { makeHash } from '../../src/passwords/make-hash.ts';
import { readyPorts, sallyportEntry } from '../../test/support/sallyport.ts';
import { guardedName, type Peer } from './peer.ts';

export const sallyport: Peer = {
  name: 'sallyport',
  guards: true,
  async version() {
    const manifest = await readFile(resolve(import.meta.dirname, '../../package.json'), 'utf8');
    return `${/"version": "([^"]+)"/.exec(manifest)?.[1] ?? '?'} (Node ${process.versions.node})`;
  },
  async start({ directory, backendPort, certificate, name, launch }) {
    const file = join(directory, 'sallyport.yaml');
    const tls = { certificate: certificate.certificateFile, key: certificate.keyFile };
    const users = join(directory, 'users');
    await writeFile(users, `bench:${makeHash('correct horse', 'bcrypt')}\n`, { mode: 0o600 });
    const config = {
      listen: { http: false, https: '127.0.0.1:0' },
      logs: { access: 'off', errors: 'stderr' },
      state: join(directory, 'state'),
      sites: {
        [name]: { to: `127.0.0.1:${backendPort}`, tls },
        [guardedName(name)]: { to: `127.0.0.1:${backendPort}`, tls, auth: { basic: users } },
      },
    };
    await writeFile(file, stringify(config));
    const program = launch(process.execPath, [sallyportEntry, 'run', '-c', file]);
    const [line] = await program.printed(/^ready .*$/m);
    const [port] = readyPorts(line).https;
    if (port === undefined) throw new Error(`no https address in: ${line}`);
    return { program, port };
  },
};
