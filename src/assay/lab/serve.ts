import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, type TLSSocket } from 'node:tls';
import { systemErrorCode, UserError } from '../../model/errors.ts';
import type { PlainService, TlsService } from '../case.ts';
import { alertOf } from './alerts.ts';
import { newVisit, noteRequest, type Visit } from './visit.ts';

/** What a server does with a request that came: answers it, or passes the connection on. */
export type Answer = (socket: Socket, request: Buffer) => void;

/** A listener at one port of one or several addresses. */
export interface Listener {
  readonly port: number;
  readonly visits: readonly Visit[];
  /** Resolves when no connection is open any more, or after `milliseconds`. */
  idle(milliseconds: number): Promise<void>;
  close(): Promise<void>;
}

export interface ListenerOptions {
  /** The first must be had; of the others those that can be. */
  readonly hosts: readonly string[];
  /** 0: a free one. */
  readonly port: number;
  /** What the connection that begins now is shown. */
  service(): TlsService | PlainService;
  readonly answer: Answer;
  /** For services that say nothing about versions themselves. */
  readonly version?: 'TLSv1.2' | 'TLSv1.3';
  /** Called after each thing that a client did. */
  onChange(): void;
}

/** Longest request head that is waited for before the answer, octets. */
const longestHead = 64 * 1024;

/** Milliseconds a request that is no HTTP/1, or whose head does not end, is waited for. */
const patience = 250;

function follow(visit: Visit, socket: Socket, { answer, onChange }: ListenerOptions): void {
  const pieces: Buffer[] = [];
  const finish = (): void => {
    clearTimeout(timer);
    socket.off('data', take);
    if (!socket.destroyed) answer(socket, Buffer.concat(pieces));
  };
  let timer: NodeJS.Timeout | undefined;
  const take = (piece: Buffer): void => {
    pieces.push(piece);
    const data = Buffer.concat(pieces);
    noteRequest(visit, data);
    onChange();
    timer ??= setTimeout(finish, patience);
    if (data.includes('\r\n\r\n') || data.length > longestHead) finish();
  };
  socket.on('data', take);
}

/** Answers a ClientHello as a web server without TLS does; whatever else comes is a request in the clear. */
function servePlain(visit: Visit, socket: Socket, options: ListenerOptions): void {
  socket.once('data', (first: Buffer) => {
    if (first[0] === 0x16) {
      visit.hello = true;
      options.onChange();
      socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
      return;
    }
    socket.unshift(first);
    follow(visit, socket, options);
  });
}

/** The server's own reason for giving up before any certificate was judged. */
const noAgreement = /no shared|unsupported protocol|no suitable|wrong version|no protocols|no ciphers/;

function failed(visit: Visit, error: Error): void {
  visit.alert = alertOf(error);
  const reason = 'reason' in error && typeof error.reason === 'string' ? error.reason : '';
  if (visit.alert === null && noAgreement.test(reason)) visit.noAgreement = reason;
}

/** Makes a TLS server that takes this one connection, so that whatever it tells of belongs to the visit. */
function serveTls(visit: Visit, raw: Socket, service: TlsService, options: ListenerOptions): void {
  const server = createTlsServer({
    cert: service.chain,
    key: service.key,
    minVersion: service.oldest ?? options.version ?? 'TLSv1.2',
    maxVersion: service.newest ?? options.version ?? 'TLSv1.3',
    ...(service.ciphers !== undefined && { ciphers: service.ciphers }),
  });
  server.once('secureConnection', (socket: TLSSocket) => {
    visit.finished = socket.getProtocol();
    socket.on('error', (error) => {
      visit.alert ??= alertOf(error);
      options.onChange();
    });
    follow(visit, socket, options);
    options.onChange();
  });
  server.once('tlsClientError', (error) => {
    failed(visit, error);
    raw.destroy();
    options.onChange();
  });
  raw.once('data', (first: Buffer) => {
    visit.hello = true;
    raw.pause();
    raw.unshift(first);
    if (first[0] !== 0x16) noteRequest(visit, first);
    server.emit('connection', raw);
  });
}

async function listen(server: Server, host: string, port: number): Promise<number> {
  server.listen({ host, port, ipv6Only: host.includes(':') });
  await once(server, 'listening');
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

/** Opens the same port at all addresses; another free one if it is taken at one of them. */
async function listenAt(make: () => Server, hosts: readonly string[], port: number): Promise<[Server[], number]> {
  for (let attempt = 1; ; attempt++) {
    const servers: Server[] = [];
    let open = port;
    try {
      for (const host of hosts) {
        const server = make();
        servers.push(server);
        open = await listen(server, host, open).catch((error: unknown) => {
          const missing = ['EADDRNOTAVAIL', 'EAFNOSUPPORT'].includes(systemErrorCode(error));
          if (host !== hosts[0] && missing) return open;
          throw error;
        });
      }
      return [servers, open];
    } catch (error) {
      for (const server of servers) server.close();
      if (systemErrorCode(error) !== 'EADDRINUSE' || port !== 0 || attempt === 20)
        throw cannotListen(error, hosts, open);
    }
  }
}

function cannotListen(error: unknown, hosts: readonly string[], port: number): UserError {
  return new UserError(
    `The lab cannot listen on ${hosts[0]}, port ${port}: ${systemErrorCode(error) || String(error)}`,
    {
      code: 'cannot-listen',
      cure: 'Name an address of this machine, and a port from which on enough are free, with --listen ADDRESS:PORT.',
      cause: error,
      exitCode: 2,
    },
  );
}

/** Opens a server of a case. Throws a UserError when it cannot listen. */
export async function openListener(options: ListenerOptions): Promise<Listener> {
  const { hosts } = options;
  const visits: Visit[] = [];
  const sockets = new Set<Socket>();
  const left = new Set<() => void>();
  const welcome = (socket: Socket): void => {
    const visit = newVisit();
    visits.push(visit);
    sockets.add(socket);
    socket.on('error', () => {});
    socket.once('close', () => {
      visit.open = false;
      sockets.delete(socket);
      if (sockets.size === 0) for (const tell of left) tell();
      options.onChange();
    });
    const service = options.service();
    if (service.kind === 'plain') servePlain(visit, socket, options);
    else serveTls(visit, socket, service, options);
  };
  const [servers, port] = await listenAt(() => createServer(welcome), hosts, options.port);
  return {
    port,
    visits,
    async idle(milliseconds) {
      if (sockets.size === 0) return;
      const { promise, resolve } = Promise.withResolvers<void>();
      const timer = setTimeout(resolve, milliseconds);
      left.add(resolve);
      await promise;
      clearTimeout(timer);
      left.delete(resolve);
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
    },
  };
}
