import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { dnsLookup } from '../../src/control/certificates/challenge/dns/lookup.ts';
import { freePort } from './pebble.ts';

export interface Bind {
  readonly port: number;
  /** `127.0.0.1:port`. */
  readonly address: string;
  /** Has these records instead, as when its zone file is edited; only without a key. Takes effect a moment later. */
  replaceRecords(records: readonly string[]): void;
  stop(): Promise<void>;
}

export interface BindOptions {
  readonly zone: string;
  /** Lines of the zone file after SOA and NS. */
  readonly records?: readonly string[];
  /** Whoever has it may change the zone by dynamic update. */
  readonly key?: { readonly name: string; readonly algorithm: string; readonly secret: string };
}

/** Starts bind9's named on a loopback port, authoritative for one zone. */
export async function startBind(options: BindOptions): Promise<Bind> {
  const directory = mkdtempSync(join(tmpdir(), 'bind-'));
  const port = await freePort();
  const { key, zone } = options;
  let serial = 0;
  const writeZone = (records: readonly string[]): void => {
    serial++;
    const lines = ['$TTL 60', `@ IN SOA ns hostmaster ${serial} 60 60 600 60`, '@ IN NS ns', 'ns IN A 127.0.0.1'];
    writeFileSync(join(directory, 'zone'), `${[...lines, ...records].join('\n')}\n`);
  };
  writeZone(options.records ?? []);
  const update = key ? `allow-update { key "${key.name}"; };` : '';
  writeFileSync(
    join(directory, 'named.conf'),
    `options {
  directory "${directory}"; pid-file "${directory}/pid"; session-keyfile "${directory}/session.key";
  managed-keys-directory "${directory}"; lock-file none;
  listen-on port ${port} { 127.0.0.1; }; listen-on-v6 { none; };
  recursion no; dnssec-validation no;
};
controls { };
${key ? `key "${key.name}" { algorithm ${key.algorithm}; secret "${key.secret}"; };` : ''}
zone "${zone}" { type primary; file "${directory}/zone"; ${update} };
`,
  );
  const child = spawn('/usr/sbin/named', ['-g', '-c', join(directory, 'named.conf')], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  const stop = async (): Promise<void> => {
    if (child.exitCode === null && child.pid !== undefined) {
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
    rmSync(directory, { recursive: true, force: true });
  };
  const replaceRecords = (records: readonly string[]): void => {
    writeZone(records);
    child.kill('SIGHUP');
  };
  const address = `127.0.0.1:${port}`;
  for (const deadline = Date.now() + 15_000; ; await delay(50)) {
    if (
      (
        await dnsLookup([address])
          .nameServers(zone)
          .catch(() => [])
      ).length > 0
    )
      return { port, address, replaceRecords, stop };
    if (child.exitCode === null && Date.now() < deadline) continue;
    await stop();
    throw new Error(`named did not start: ${said.slice(-500)}`);
  }
}
