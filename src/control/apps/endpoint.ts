import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import type { AppProgram } from '../../model/app.ts';
import type { Target } from '../../model/site.ts';

/** What an app's command and environment may name, and what stands in its place. */
const placeholder = /\{(port|socket)\}/g;

/** Whether the app listens on a Unix socket of the gate's: it asks for one, or runs on a server that is told so. */
export function wantsSocket(program: AppProgram, environment: Readonly<Record<string, string>>): boolean {
  if (program.kind !== 'command') return true;
  return [...program.words, ...Object.values(environment)].some((text) => text.includes('{socket}'));
}

/** Where one process of an app listens. */
export interface Endpoint {
  readonly target: Target;
  /** Variables that tell it to the app. */
  readonly variables: Readonly<Record<string, string>>;
  /** `text` with its placeholders replaced. */
  fill(text: string): string;
}

export function socketEndpoint(directory: string, name: string): Endpoint {
  const path = join(directory, 'http');
  return {
    target: { kind: 'unix', name, path },
    variables: { SALLYPORT_SOCKET: path },
    fill: (text) => text.replaceAll(placeholder, (all, what) => (what === 'socket' ? path : all)),
  };
}

export function portEndpoint(port: number): Endpoint {
  return {
    target: { kind: 'tcp', name: `127.0.0.1:${port}`, host: '127.0.0.1', port, http2: false, tls: null },
    variables: { PORT: String(port), HOST: '127.0.0.1' },
    fill: (text) => text.replaceAll(placeholder, (all, what) => (what === 'port' ? String(port) : all)),
  };
}

/** A port of 127.0.0.1 that nobody listens on now. An app that finds it taken ends, and is started with another one. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
