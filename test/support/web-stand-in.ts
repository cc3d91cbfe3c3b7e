import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { localhostPair } from './pebble.ts';

export interface SeenRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

export interface WebStandIn {
  readonly base: string;
  readonly ca: string;
  readonly seen: SeenRequest[];
  close(): void;
}

/** An HTTPS service of the test's own on 127.0.0.1. */
export async function startWebStandIn(
  answer: (request: SeenRequest) => { readonly status: number; readonly body: string },
  /** Done before the answer is sent. */
  act: (request: SeenRequest) => Promise<void> = async () => {},
): Promise<WebStandIn> {
  const pair = await localhostPair();
  const seen: SeenRequest[] = [];
  const server = createServer({ key: pair.key, cert: pair.chain }, async (incoming, outgoing) => {
    let body = '';
    for await (const chunk of incoming.setEncoding('utf8')) body += chunk;
    const { method = '', headers } = incoming;
    const request = { method, headers, body, url: new URL(incoming.url ?? '/', 'https://127.0.0.1') };
    seen.push(request);
    await act(request);
    const reply = answer(request);
    outgoing.writeHead(reply.status).end(reply.body);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    base: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
    ca: pair.chain,
    seen,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
