import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Scope } from '../support/scope.ts';

/** A request, of the site `app.example.org` if it says nothing else. */
export interface Question {
  readonly host?: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** The address of this machine that it comes from. */
  readonly from?: string;
  readonly plain?: true;
  /** PEM of certificate and key. */
  readonly certificate?: string;
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** What the app was told; null when it was not asked. */
  readonly told: { readonly url: string; readonly headers: IncomingHttpHeaders } | null;
}

/** A server that is asked. */
export interface Place {
  readonly http: number;
  readonly https: number;
  /** PEM. */
  readonly ca: string;
}

/** Tells in its answers what it was asked; `?location=…` and `?cookie=…` are what it says. */
export async function startApp(scope: Scope, where: number | string): Promise<number> {
  const server = createServer((message, response) => {
    const { searchParams } = new URL(message.url ?? '', 'http://app');
    const [location, cookie] = [searchParams.get('location'), searchParams.get('cookie')];
    const { port } = server.address() as AddressInfo;
    response.writeHead(location === null ? 200 : 302, {
      ...(location === null ? {} : { Location: location.replace('PORT', String(port)) }),
      ...(cookie === null ? {} : { 'Set-Cookie': cookie }),
    });
    response.end(JSON.stringify({ url: message.url, headers: message.headers }));
  });
  if (typeof where === 'string') server.listen(where);
  else server.listen(where, '127.0.0.1');
  await once(server, 'listening');
  scope.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

/** Asks a server on 127.0.0.1 whose certificate is of `ca`. */
export function askServer({ http, https, ca }: Place, path: string, question: Question = {}): Promise<Answer> {
  const { host = 'app.example.org', method = 'GET', headers = {}, from, plain, certificate } = question;
  const port = plain ? http : https;
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const sent = (plain ? requestHttp : requestHttps)({
    ...{ host: '127.0.0.1', port, path, method, agent: false, ca, servername: host },
    ...(from === undefined ? {} : { localAddress: from }),
    ...(certificate === undefined ? {} : { cert: certificate, key: certificate }),
    headers: { Host: `${host}:${port}`, ...headers },
  });
  sent.on('error', reject);
  sent.on('response', async (answer) => {
    let body = '';
    for await (const piece of answer.setEncoding('utf8')) body += String(piece);
    const told = body.startsWith('{"url"') ? (JSON.parse(body) as Answer['told']) : null;
    resolve({ status: answer.statusCode ?? 0, headers: answer.headers, told });
  });
  sent.end();
  return promise;
}
