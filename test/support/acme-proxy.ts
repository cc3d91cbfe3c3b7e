import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, request } from 'node:https';
import type { AddressInfo } from 'node:net';
import { localhostPair, type Pebble } from './pebble.ts';

/** What the proxy is told to do with a request it has read. `body` is the decoded JWS payload, or undefined. */
export interface ProxiedRequest {
  readonly method: string;
  readonly path: string;
  readonly resource: 'directory' | 'newNonce' | 'newAccount' | 'newOrder' | 'renewalInfo' | 'other';
  readonly payload: unknown;
}

export interface ProxyAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Answers in the CA's place; null passes the request on; 'hang' never answers; 'reset' drops the connection. */
export type ProxyRule = (request: ProxiedRequest) => ProxyAnswer | 'hang' | 'reset' | null;

export interface AcmeProxy {
  readonly directory: string;
  readonly ca: string;
  rule: ProxyRule;
  /** Extra members of the directory's meta. */
  meta: object;
  readonly seen: ProxiedRequest[];
  close(): void;
}

export function problem(status: number, type: string, detail: string, headers = {}): ProxyAnswer {
  const body = JSON.stringify({ type: `urn:ietf:params:acme:error:${type}`, detail, status });
  return { status, body, headers: { 'content-type': 'application/problem+json', ...headers } };
}

function payloadOf(body: Buffer): unknown {
  try {
    const jws = JSON.parse(body.toString('utf8'));
    return JSON.parse(Buffer.from(jws.payload, 'base64url').toString('utf8'));
  } catch {
    return undefined;
  }
}

/** A TLS proxy in front of Pebble that adds what Debian's Pebble lacks: renewal information, profiles, bad days. */
export async function startAcmeProxy(pebble: Pebble): Promise<AcmeProxy> {
  const pair = await localhostPair();
  const resources = new Map<string, ProxiedRequest['resource']>([['/dir', 'directory']]);
  const server = createServer({ key: pair.key, cert: pair.chain }, (incoming, outgoing) => {
    serve(incoming, outgoing).catch(() => outgoing.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const origin = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const proxy: AcmeProxy = {
    directory: `${origin}/dir`,
    ca: pair.chain,
    rule: () => null,
    meta: {},
    seen: [],
    close() {
      server.close();
      server.closeAllConnections();
    },
  };

  async function serve(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk);
    const body = Buffer.concat(chunks);
    const path = incoming.url ?? '/';
    const resource = path.startsWith('/renewal-info/') ? 'renewalInfo' : (resources.get(path) ?? 'other');
    const seen = { method: incoming.method ?? '', path, resource, payload: payloadOf(body) } as const;
    proxy.seen.push(seen);
    const answer = proxy.rule(seen);
    if (answer === 'hang') return;
    if (answer === 'reset') return void incoming.socket.destroy();
    if (answer) return void outgoing.writeHead(answer.status, answer.headers ?? {}).end(answer.body);
    await passOn(incoming, body, outgoing);
  }

  function passOn(incoming: IncomingMessage, body: Buffer, outgoing: ServerResponse): Promise<void> {
    return new Promise((resolve, reject) => {
      const url = new URL(incoming.url ?? '/', pebble.directory);
      const { method, headers } = incoming;
      const onward = request(url, { method, headers, ca: pebble.ca, agent: false }, async (answer) => {
        const chunks: Buffer[] = [];
        for await (const chunk of answer) chunks.push(chunk);
        const text = Buffer.concat(chunks).toString('utf8');
        const { 'content-length': _length, connection: _connection, ...rest } = answer.headers;
        outgoing.writeHead(answer.statusCode ?? 500, rest).end(url.pathname === '/dir' ? directoryOf(text) : text);
        resolve();
      });
      onward.on('error', reject);
      onward.end(body);
    });
  }

  /** Pebble writes its URLs by the Host field, so they already lead here. */
  function directoryOf(text: string): string {
    const directory = JSON.parse(text);
    for (const name of ['newNonce', 'newAccount', 'newOrder'] as const) {
      resources.set(new URL(directory[name]).pathname, name);
    }
    const meta = { ...directory.meta, ...proxy.meta };
    return JSON.stringify({ ...directory, renewalInfo: `${origin}/renewal-info`, meta });
  }

  return proxy;
}
