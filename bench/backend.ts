import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { untilListening } from '../test/support/listening.ts';
import { requirePart } from '../test/support/parts.ts';
import { onFreePort } from '../test/support/ports.ts';
import { type RunningProcess, startProcess } from '../test/support/process.ts';
import { bodies } from './workloads.ts';

export interface Backend {
  readonly port: number;
  readonly program: RunningProcess;
}

/** The path whose body is what reached the backend: `<X-Forwarded-For> <X-Forwarded-Proto> <Host>`. */
export const reflectionPath = '/forwarded';

/** The expected body of a path: printable, of the path's length, the same in every run. */
export function bodyOf(path: keyof typeof bodies): Buffer {
  const length = bodies[path];
  const pieces: string[] = [];
  for (let made = 0; made < length; made += 64)
    pieces.push(createHash('sha256').update(`${path} ${made}`).digest('hex'));
  return Buffer.from(pieces.join('').slice(0, length));
}

/** Starts the plain-HTTP backend, an nginx with one worker, on this process's own core. */
export function startBackend(directory: string): Promise<Backend> {
  return onFreePort(async (port) => {
    for (const path of Object.keys(bodies) as (keyof typeof bodies)[]) {
      await writeFile(join(directory, path), bodyOf(path));
    }
    const file = join(directory, 'nginx.conf');
    await writeFile(file, configuration(directory, port));
    const program = startProcess(requirePart('nginx'), ['-e', 'stderr', '-c', file]);
    try {
      await untilListening(port, program);
    } catch (error) {
      await program.stop();
      throw error;
    }
    return { port, program };
  });
}

function configuration(directory: string, port: number): string {
  return `
daemon off;
${process.getuid?.() === 0 ? 'user root;' : ''}
worker_processes 1;
pid ${directory}/nginx.pid;
error_log stderr warn;
events { worker_connections 8192; }
http {
  access_log off;
  client_body_temp_path ${directory}/body;
  proxy_temp_path ${directory}/proxy;
  fastcgi_temp_path ${directory}/fastcgi;
  uwsgi_temp_path ${directory}/uwsgi;
  scgi_temp_path ${directory}/scgi;
  default_type text/plain;
  sendfile on;
  tcp_nopush on;
  open_file_cache max=16 inactive=1h;
  keepalive_requests 1000000000;
  keepalive_timeout 1h;
  server {
    listen 127.0.0.1:${port} backlog=4096;
    root ${directory};
    location = ${reflectionPath} { return 200 "$http_x_forwarded_for $http_x_forwarded_proto $http_host"; }
  }
}
`;
}
