import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { noLogins } from '../../src/model/auth.ts';
import { defaultLimits, type Limits } from '../../src/model/limits.ts';
import type { Log, LogFacts } from '../../src/model/log.ts';
import type { Snapshot } from '../../src/model/settings.ts';
import type { CertificatePair, Site } from '../../src/model/site.ts';
import type { AcceptedConnection } from '../../src/traffic/exchange/accepted-connection.ts';
import { createListeners, type ListenerOptions, type Listeners } from '../../src/traffic/listen/listeners.ts';

/** A self-signed certificate for `names`, made by openssl. */
export function makePair(type: 'ec' | 'rsa', ...names: readonly string[]): CertificatePair {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-test-'));
  try {
    const key = type === 'ec' ? ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256'] : ['-newkey', 'rsa:2048'];
    const subjects = names.map((name) => (/^[\d.]+$/.test(name) ? `IP:${name}` : `DNS:${name}`)).join(',');
    execFileSync(
      'openssl',
      [
        'req',
        '-x509',
        '-nodes',
        '-days',
        '2',
        '-subj',
        `/CN=${names[0]}`,
        '-addext',
        `subjectAltName=${subjects}`,
      ].concat(key, ['-keyout', join(folder, 'key'), '-out', join(folder, 'chain')]),
      { stdio: 'pipe' },
    );
    return { chain: readFileSync(join(folder, 'chain'), 'utf8'), key: readFileSync(join(folder, 'key'), 'utf8') };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

export function site(names: readonly string[], ...certificates: readonly CertificatePair[]): Site {
  return { name: names[0]!, names, tls: { mode: 'internal' }, routes: [], certificates };
}

export function snapshot(sites: readonly Site[], limits: Partial<Limits> = {}): Snapshot {
  return { sites, trustedProxies: [], http2: false, limits: { ...defaultLimits, ...limits }, logins: noLogins };
}

/** A log that keeps its lines. */
export class MemoryLog implements Log {
  readonly lines: { level: string; message: string; facts: LogFacts }[] = [];
  error(message: string, facts: LogFacts = {}): void {
    this.lines.push({ level: 'error', message, facts });
  }
  warn(message: string, facts: LogFacts = {}): void {
    this.lines.push({ level: 'warn', message, facts });
  }
  info(message: string, facts: LogFacts = {}): void {
    this.lines.push({ level: 'info', message, facts });
  }
}

export interface TestListeners {
  readonly listeners: Listeners;
  readonly log: MemoryLog;
  readonly connections: AcceptedConnection[];
  readonly port: number;
}

/** Answers each request with what the listener knows of its connection, and closes. */
export function tellAboutConnection(connection: AcceptedConnection): void {
  connection.socket.once('end', () => connection.socket.end());
  connection.socket.once('data', () => {
    const { site, serverName, tlsVersion, cipher, remoteAddress } = connection;
    const body = JSON.stringify({ site: site?.name ?? null, serverName, tlsVersion, cipher, remoteAddress });
    connection.socket.end(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`);
  });
}

/** Listeners on a free port of 127.0.0.1, closed when the test ends. */
export async function startListeners(
  t: TestContext,
  serving: Snapshot,
  options: Partial<ListenerOptions> = {},
  scheme: 'http' | 'https' = 'https',
): Promise<TestListeners> {
  const log = new MemoryLog();
  const connections: AcceptedConnection[] = [];
  const onConnection = (connection: AcceptedConnection): void => {
    connections.push(connection);
    (options.onConnection ?? tellAboutConnection)(connection);
  };
  const listeners = createListeners({ log, ...options, onConnection });
  t.after(() => listeners.close());
  listeners.apply(serving);
  await listeners.open([{ host: '127.0.0.1', port: 0 }], scheme);
  return { listeners, log, connections, port: listeners.addresses()[0]!.port };
}

/** What a program printed, both streams together, and its exit code. */
export async function run(
  program: string,
  args: readonly string[],
  input = '',
): Promise<{ output: string; code: number | null }> {
  const child = spawn(program, args, { stdio: 'pipe' });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  child.stdin.on('error', () => {});
  child.stdin.end(input);
  const [code]: unknown[] = await once(child, 'close');
  return { output, code: typeof code === 'number' ? code : null };
}

/** curl with certificate checks off, to `name` on `port`. */
export function curl(
  name: string,
  port: number,
  ...args: readonly string[]
): Promise<{ output: string; code: number | null }> {
  const url = `https://${name}:${port}/`;
  return run('curl', [
    '-sS',
    '-k',
    '--max-time',
    '10',
    '--connect-to',
    `${name}:${port}:127.0.0.1:${port}`,
    ...args,
    url,
  ]);
}

/** openssl s_client to `port`; `input` is sent once connected. */
export function sClient(
  port: number,
  args: readonly string[],
  input = '',
): Promise<{ output: string; code: number | null }> {
  return run('openssl', ['s_client', '-connect', `127.0.0.1:${port}`, ...args], input);
}

/** Everything a plain TCP client receives until the other side closes or resets. */
export async function receiveAll(socket: Socket): Promise<Buffer> {
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  socket.on('error', () => {});
  await new Promise((resolve) => socket.once('close', resolve));
  return Buffer.concat(chunks);
}

export async function connectTcp(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  socket.on('error', () => {});
  return socket;
}

/** Whether a connection to `port` is reset without a word. */
export async function isTurnedAway(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  return (await receiveAll(socket)).length === 0;
}
