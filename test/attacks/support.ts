import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import type { Scope } from '../support/scope.ts';

/** An app that answers `/` at once with a few bytes and `/big` with a mebibyte. */
export async function startApp(scope: Scope): Promise<number> {
  const big = Buffer.alloc(1024 * 1024, 'x');
  const server = createServer((request, response) => {
    request.resume();
    request.on('end', () => response.end(request.url === '/big' ? big : 'ok'));
  });
  server.keepAliveTimeout = 60_000;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  scope.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

/** Resident memory of a process, bytes. */
export async function residentBytes(pid: number): Promise<number> {
  const [, kilobytes] = /^VmRSS:\s*(\d+)/m.exec(await readFile(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kilobytes) * 1024;
}

/** Processor time a process has used, milliseconds. */
export async function processorTime(pid: number): Promise<number> {
  const fields = (await readFile(`/proc/${pid}/stat`, 'utf8')).replace(/^.*\) /, '').split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

/** A client with one connection that asks for `/` again and again. */
export class PatientClient {
  readonly #socket: Socket;
  #got: () => void = () => {};

  private constructor(socket: Socket) {
    this.#socket = socket;
    let text = '';
    socket.on('error', () => {});
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
      if (!text.endsWith('\r\n\r\nok')) return;
      text = '';
      this.#got();
    });
  }

  static async open(scope: Scope, port: number): Promise<PatientClient> {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    scope.after(() => void socket.destroy());
    await once(socket, 'connect');
    return new PatientClient(socket);
  }

  /** Milliseconds from the request to the last byte of its answer. */
  async ask(): Promise<number> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#got = resolve;
    const from = performance.now();
    this.#socket.write('GET / HTTP/1.1\r\nHost: plain.test\r\n\r\n');
    await promise;
    return performance.now() - from;
  }
}

/** The value below which this share of a list lies. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}
