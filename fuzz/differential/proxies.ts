import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { untilListening } from '../../test/support/listening.ts';
import { requirePart } from '../../test/support/parts.ts';
import { startProcess } from '../../test/support/process.ts';
import { startSallyport } from '../../test/support/sallyport.ts';
import { type Scope, temporaryDirectory } from '../../test/support/scope.ts';

/** One proxy of the three, with a place to send to for each lane: a port or a Unix socket. A lane has a name and a backend of its own. */
export interface Proxy {
  readonly name: string;
  readonly places: readonly (number | string)[];
}

export interface Lane {
  /** The site's name. */
  readonly host: string;
  readonly backendPort: number;
}

export async function startOurs(scope: Scope, lanes: readonly Lane[]): Promise<Proxy> {
  const sites = lanes.map(({ host, backendPort }) => `  ${host}: { tls: off, to: ${backendPort} }\n`).join('');
  const gate = await startSallyport(
    scope,
    `listen: { http: "127.0.0.1:0", https: false }\nlogs: { access: off, errors: off }\nlimits: { bodyIdle: 2s, headTimeout: 2s }\nsites:\n${sites}`,
  );
  return { name: 'sallyport', places: lanes.map(() => gate.http) };
}

export async function startNginx(scope: Scope, lanes: readonly Lane[]): Promise<Proxy> {
  const directory = await temporaryDirectory(scope);
  const places = lanes.map((_, lane) => join(directory, `${lane}.sock`));
  const servers = lanes.map(
    ({ backendPort }, lane) => `server {
    listen unix:${places[lane]};
    location / {
      proxy_pass http://127.0.0.1:${backendPort};
      proxy_http_version 1.1;
      proxy_request_buffering off;
      proxy_set_header Host $http_host;
      proxy_set_header Connection "";
    }
  }`,
  );
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  const file = join(directory, 'nginx.conf');
  await writeFile(
    file,
    `daemon off;
${process.getuid?.() === 0 ? 'user root;' : ''}
worker_processes 1;
pid ${directory}/nginx.pid;
error_log /dev/null;
events { worker_connections 1024; }
http {
  access_log off;
  client_header_timeout 2s;
  client_body_timeout 2s;
  ${temporary.map((name) => `${name}_temp_path ${directory}/${name};`).join('\n  ')}
  ${servers.join('\n  ')}
}
`,
  );
  const program = startProcess(requirePart('nginx'), ['-e', '/dev/null', '-c', file], { cwd: directory });
  scope.after(async () => void (await program.stop()));
  for (const place of places) await untilListening(place, program);
  return { name: 'nginx', places };
}

export async function startHaproxy(scope: Scope, lanes: readonly Lane[]): Promise<Proxy> {
  const directory = await temporaryDirectory(scope);
  const places = lanes.map((_, lane) => join(directory, `${lane}.sock`));
  const sections = lanes.map(
    ({ backendPort }, lane) => `frontend f${lane}
  bind ${places[lane]}
  default_backend b${lane}
backend b${lane}
  server app 127.0.0.1:${backendPort}
`,
  );
  const file = join(directory, 'haproxy.cfg');
  await writeFile(
    file,
    `global
  nbthread 1
defaults
  mode http
  option http-server-close
  http-reuse never
  timeout connect 2s
  timeout client 2s
  timeout server 2s
  timeout http-request 2s
${sections.join('')}`,
  );
  const program = startProcess(requirePart('haproxy'), ['-db', '-f', file], { cwd: directory });
  scope.after(async () => void (await program.stop()));
  for (const place of places) await untilListening(place, program);
  return { name: 'haproxy', places };
}
