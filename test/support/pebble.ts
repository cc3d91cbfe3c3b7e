import 'reflect-metadata';
import { type ChildProcess, spawn } from 'node:child_process';
import { webcrypto } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { BasicConstraintsExtension, SubjectAlternativeNameExtension, X509CertificateGenerator } from '@peculiar/x509';

/** A port that was free a moment ago, for programs that cannot choose their own. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

/** A self-signed pair for `localhost` and 127.0.0.1, PEM; clients trust it by `ca`. */
export async function localhostPair(): Promise<{ chain: string; key: string }> {
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const certificate = await X509CertificateGenerator.createSelfSigned({
    name: 'CN=localhost',
    keys,
    signingAlgorithm: algorithm,
    notBefore: new Date(Date.now() - 3_600_000),
    notAfter: new Date(Date.now() + 86_400_000),
    extensions: [
      new BasicConstraintsExtension(true),
      new SubjectAlternativeNameExtension([
        { type: 'dns', value: 'localhost' },
        { type: 'ip', value: '127.0.0.1' },
      ]),
    ],
  });
  const der = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey));
  const key = `-----BEGIN PRIVATE KEY-----\n${der.toString('base64')}\n-----END PRIVATE KEY-----\n`;
  return { chain: `${certificate.toString('pem')}\n`, key };
}

export interface PebbleOptions {
  /** Where Pebble looks for http-01 and tls-alpn-01 answers. */
  readonly httpPort: number;
  readonly tlsPort: number;
  /** Seconds a certificate lives. */
  readonly validity?: number;
  /** Key identifier to MAC key (base64url); given: account binding is required. */
  readonly externalAccounts?: Readonly<Record<string, string>>;
  /** Share of good nonces that are refused, 0 … 100. */
  readonly nonceReject?: number;
  readonly alternateRoots?: number;
  /** DNS server to ask instead of the challenge test server. */
  readonly dnsServer?: string;
}

export interface Pebble {
  readonly directory: string;
  /** PEM to trust the CA's API with. */
  readonly ca: string;
  /** Resolver that answers every name with 127.0.0.1 and what the test set, `127.0.0.1:port`. */
  readonly dns: string;
  /** Where the challenge test server takes its commands. */
  readonly challengeUrl: string;
  /** A command of the challenge test server, e.g. `set-txt`. */
  challenge(command: string, body: object): Promise<void>;
  /** The root that signs what Pebble issues, PEM. */
  issuingRoot(index?: number): Promise<string>;
  /** `valid` or `revoked`, by serial number in hexadecimal. */
  certificateStatus(serial: string): Promise<string>;
  stop(): Promise<void>;
}

function call(url: string, ca: string, signal?: AbortSignal): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    request(url, { ca, agent: false, ...(signal ? { signal } : {}) }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (text: string) => {
        body += text;
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body }));
    })
      .on('error', reject)
      .end();
  });
}

function start(command: string, args: readonly string[], environment: NodeJS.ProcessEnv): ChildProcess {
  const child = spawn(command, args, { env: { ...process.env, ...environment }, stdio: ['ignore', 'pipe', 'pipe'] });
  child.stdout?.resume();
  child.stderr?.resume();
  return child;
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  child.kill('SIGKILL');
  await once(child, 'exit');
}

async function untilReady(child: ChildProcess, probe: () => Promise<unknown>): Promise<void> {
  const failed = once(child, 'error').then(([error]) => Promise.reject(error));
  failed.catch(() => {});
  for (const deadline = Date.now() + 15_000; ; ) {
    if (child.exitCode !== null) throw new Error(`${child.spawnfile} ended with ${child.exitCode}`);
    try {
      await Promise.race([probe(), failed]);
      return;
    } catch (error) {
      if (Date.now() > deadline || child.pid === undefined) throw error;
      await delay(25);
    }
  }
}

/** Starts Debian's pebble and pebble-challtestsrv on loopback ports of their own. */
export async function startPebble(options: PebbleOptions): Promise<Pebble> {
  const directory = mkdtempSync(join(tmpdir(), 'pebble-'));
  const pair = await localhostPair();
  const [api, management, dns, challenges] = await Promise.all([freePort(), freePort(), freePort(), freePort()]);
  writeFileSync(join(directory, 'api.pem'), pair.chain);
  writeFileSync(join(directory, 'api.key'), pair.key, { mode: 0o600 });
  const config = {
    listenAddress: `127.0.0.1:${api}`,
    managementListenAddress: `127.0.0.1:${management}`,
    certificate: join(directory, 'api.pem'),
    privateKey: join(directory, 'api.key'),
    httpPort: options.httpPort,
    tlsPort: options.tlsPort,
    externalAccountBindingRequired: options.externalAccounts !== undefined,
    externalAccountMACKeys: options.externalAccounts ?? {},
    certificateValidityPeriod: options.validity ?? 90 * 86_400,
  };
  writeFileSync(join(directory, 'config.json'), JSON.stringify({ pebble: config }));
  const dnsAddress = options.dnsServer ?? `127.0.0.1:${dns}`;
  const names = start(
    'pebble-challtestsrv',
    [
      ['-dns01', `127.0.0.1:${dns}`],
      ['-management', `127.0.0.1:${challenges}`],
      ['-defaultIPv6', ''],
      ['-http01', ''],
      ['-https01', ''],
      ['-tlsalpn01', ''],
    ].flat(),
    {},
  );
  const ca = start('pebble', ['-config', join(directory, 'config.json'), '-dnsserver', dnsAddress], {
    PEBBLE_VA_NOSLEEP: '1',
    PEBBLE_WFE_NONCEREJECT: String(options.nonceReject ?? 0),
    PEBBLE_AUTHZREUSE: '0',
    PEBBLE_ALTERNATE_ROOTS: String(options.alternateRoots ?? 0),
  });
  const managementUrl = `https://127.0.0.1:${management}`;
  const challengeUrl = `http://127.0.0.1:${challenges}`;
  const stopAll = async (): Promise<void> => {
    await Promise.all([stop(names), stop(ca)]);
    rmSync(directory, { recursive: true, force: true });
  };
  try {
    await untilReady(names, () => fetch(`${challengeUrl}/dns-request-history`, { method: 'POST', body: '{}' }));
    await untilReady(ca, () => call(`https://127.0.0.1:${api}/dir`, pair.chain));
    await untilReady(ca, () => call(`${managementUrl}/roots/0`, pair.chain));
  } catch (error) {
    await stopAll();
    throw error;
  }
  return {
    directory: `https://127.0.0.1:${api}/dir`,
    ca: pair.chain,
    dns: dnsAddress,
    stop: stopAll,
    challengeUrl,
    async challenge(command, body) {
      const response = await fetch(`${challengeUrl}/${command}`, { method: 'POST', body: JSON.stringify(body) });
      if (!response.ok) throw new Error(`${command}: ${response.status} ${await response.text()}`);
    },
    issuingRoot: async (index = 0) => (await call(`${managementUrl}/roots/${index}`, pair.chain)).body,
    async certificateStatus(serial) {
      const { body } = await call(`${managementUrl}/cert-status-by-serial/${serial}`, pair.chain);
      const answer: unknown = JSON.parse(body);
      return typeof answer === 'object' && answer !== null && 'Status' in answer ? String(answer.Status) : '';
    },
  };
}
