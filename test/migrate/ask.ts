import { rawExchange } from '../support/raw-exchange.ts';
import { recordingBackend } from '../support/recording-backend.ts';
import type { Scope } from '../support/scope.ts';

/** An app that tells what it saw, and redirects to its own address below /go. Resolves with its port. */
export async function startApp(scope: Scope, name: string): Promise<number> {
  const backend = await recordingBackend(scope, ({ head }) => {
    const path = head.split(' ')[1] ?? '';
    const field = (wanted: string): string => new RegExp(`^${wanted}: (.*)\\r$`, 'im').exec(head)?.[1] ?? '';
    const host = field('Host').replace(/:\d+$/, '');
    const body = JSON.stringify({ name, path, host, site: field('X-Site'), password: field('Authorization') });
    if (path.startsWith('/go')) {
      const location = `http://127.0.0.1:${backend.port}/there`;
      return `HTTP/1.1 302 Found\r\nLocation: ${location}\r\nContent-Length: 0\r\n\r\n`;
    }
    return `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
  });
  return backend.port;
}

/** Where a server listens. */
export interface Server {
  readonly https: number;
  readonly http: number;
}

/** A request to one of its hosts. */
export interface Question {
  readonly host?: string;
  readonly path: string;
  readonly fields?: readonly string[];
  readonly plain?: true;
}

/**
 * What a client can see of an answer that both servers should agree on, and what the app saw; ports and bodies of the servers' own left
 * out. A redirect to a path is one to the same server, whichever way it is written.
 */
export async function ask(server: Server, { host = 'app.test', path, fields = [], plain }: Question): Promise<string> {
  const port = plain ? server.http : server.https;
  const isUpgrade = fields.some((field) => field.startsWith('Upgrade'));
  const close = isUpgrade ? [] : ['Connection: close'];
  const head = [`GET ${path} HTTP/1.1`, `Host: ${host}:${port}`, ...close, ...fields].join('\r\n');
  const { text } = await rawExchange(port, `${head}\r\n\r\n`, {
    ...(!plain && { tls: { name: host } }),
    ...(isUpgrade && { until: (seen) => seen.includes('\r\n\r\n') }),
  });
  const [top = '', body = ''] = text.split('\r\n\r\n');
  const field = (name: string): string => new RegExp(`^${name}: (.*)$`, 'im').exec(top)?.[1]?.trim() ?? '';
  const status = top.split(' ')[1];
  const location = field('Location')
    .replace(/:\d+(?=\/|$)/, '')
    .replace(/^\//, `https://${host}/`);
  const careful = status === '200' ? `${field('X-Frame-Options')} ${field('Strict-Transport-Security')}` : '';
  return [status, location, careful, /\{"name".*\}/.exec(body)?.[0] ?? ''].join(' | ');
}

export const login = (text: string): string => `Authorization: Basic ${Buffer.from(text).toString('base64')}`;

export const webSocket = [
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
];
