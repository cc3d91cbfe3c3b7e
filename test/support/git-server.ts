import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { requirePart } from './parts.ts';
import type { Scope } from './scope.ts';

/** `git http-backend` on a free port of 127.0.0.1, for the repositories below `root`. Whoever the gate names may push. */
export async function startGitServer(scope: Scope, root: string): Promise<number> {
  const server = createServer((request, response) => void serve(root, request, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  scope.after(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  });
  return (server.address() as AddressInfo).port;
}

/** One request by CGI (RFC 3875), as far as git needs it. */
async function serve(root: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const [path = '', query = ''] = (request.url ?? '').split('?');
  const { headers } = request;
  const user = headers['x-remote-user'];
  const environment = {
    GIT_PROJECT_ROOT: root,
    GIT_HTTP_EXPORT_ALL: '1',
    GIT_CONFIG_NOSYSTEM: '1',
    PATH_INFO: path,
    QUERY_STRING: query,
    REQUEST_METHOD: request.method ?? '',
    CONTENT_TYPE: headers['content-type'] ?? '',
    HTTP_CONTENT_ENCODING: headers['content-encoding'] ?? '',
    HTTP_GIT_PROTOCOL: String(headers['git-protocol'] ?? ''),
    ...(typeof user === 'string' && { REMOTE_USER: user }),
    ...(headers['content-length'] !== undefined && { CONTENT_LENGTH: headers['content-length'] }),
  };
  const child = spawn(requirePart('git'), ['http-backend'], { env: { PATH: process.env.PATH, ...environment } });
  child.stdin.on('error', () => {});
  request.pipe(child.stdin);
  const pieces: Buffer[] = [];
  for await (const piece of child.stdout) pieces.push(piece as Buffer);
  const output = Buffer.concat(pieces);
  const end = output.indexOf('\r\n\r\n');
  const fields = output
    .toString('latin1', 0, end)
    .split('\r\n')
    .map((line) => line.split(/: (.*)/s).slice(0, 2) as [string, string]);
  const status = Number(fields.find(([name]) => name === 'Status')?.[1].slice(0, 3) ?? 200);
  response.writeHead(status, Object.fromEntries(fields.filter(([name]) => name !== 'Status')));
  response.end(output.subarray(end + 4));
}
