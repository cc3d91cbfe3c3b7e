import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { explainListenFailure } from '../../gateway/listen-failure.ts';
import { bracketed } from '../../model/host.ts';
import type { ListenAddress } from '../../model/settings.ts';
import { rootPage } from './page.ts';
import type { RootFile } from './steps.ts';

/** The root in each form that the page offers. */
export type RootForms = Readonly<Record<RootFile, string | Buffer>>;

export interface SharedRoot {
  /** `http://ADDRESS:PORT/TOKEN/`. */
  readonly url: string;
  close(): void;
}

const types: Readonly<Record<RootFile, string>> = {
  'root.mobileconfig': 'application/x-apple-aspen-config',
  'root.crt': 'application/x-x509-ca-cert',
  'root.pem': 'application/x-pem-file',
};

/** An address nobody guesses, yet short enough for a small QR code: 96 bits. */
const tokenBytes = 12;

/**
 * Serves the page, in plain HTTP since nothing is trusted yet, and nothing outside of its token's path. `host` is how the
 * address is written where visitors cannot use the one that is listened on. Rejects with a UserError when it cannot listen.
 */
export async function shareRoot(forms: RootForms, address: ListenAddress, host = address.host): Promise<SharedRoot> {
  const path = `/${randomBytes(tokenBytes).toString('base64url')}/`;
  const server = createServer((request, response) => answer(request, response, url, path, forms));
  server.requestTimeout = 10_000;
  server.listen(address.port, address.host);
  await once(server, 'listening').catch(async (error: unknown) => {
    throw await explainListenFailure(error, address);
  });
  const bound = server.address();
  const port = typeof bound === 'object' && bound !== null ? bound.port : address.port;
  const url = `http://${bracketed(host)}:${port}${path}`;
  return {
    url,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

function answer(request: IncomingMessage, response: ServerResponse, url: string, path: string, forms: RootForms): void {
  const { method, url: target = '' } = request;
  if (method !== 'GET' && method !== 'HEAD') return send(response, 405, 'text/plain', 'GET only\n');
  if (!target.startsWith(path)) return send(response, 404, 'text/plain', 'not found\n');
  const file = target.slice(path.length);
  if (file === '') {
    const userAgent = request.headers['user-agent'] ?? '';
    return send(
      response,
      200,
      'text/html; charset=utf-8',
      rootPage({ pem: String(forms['root.pem']), url, userAgent }),
    );
  }
  if (!isRootFile(file)) return send(response, 404, 'text/plain', 'not found\n');
  send(response, 200, types[file], forms[file]);
}

function isRootFile(file: string): file is RootFile {
  return Object.hasOwn(types, file);
}

function send(response: ServerResponse, status: number, type: string, body: string | Buffer): void {
  response.writeHead(status, {
    'Content-Type': type,
    'Content-Length': Buffer.byteLength(body),
    'Content-Security-Policy': "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'",
    'X-Content-Type-Options': 'nosniff',
    'Referrer-Policy': 'no-referrer',
    'Cache-Control': 'no-store',
  });
  response.end(body);
}
