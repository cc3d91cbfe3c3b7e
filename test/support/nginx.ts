import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { untilListening } from './listening.ts';
import { requirePart } from './parts.ts';
import { onFreePort } from './ports.ts';
import { startProcess } from './process.ts';
import { makeDirectory, removeDirectory, type Scope } from './scope.ts';

export interface NginxUpstream {
  readonly port: number;
  /** The server's own directory; `root` of the server, so files put here are served. */
  readonly directory: string;
  errors(): string;
}

/**
 * Starts nginx as a plain-HTTP upstream on a free port. `conf` is the inside of its `server` block, e.g.
 * `location / { return 200 "hello\n"; }`; without any it serves the files of its directory.
 */
export function startNginxUpstream(scope: Scope, conf = ''): Promise<NginxUpstream> {
  return onFreePort((port) => start(scope, port, (directory) => upstream(directory, port, conf)));
}

/** Starts nginx with `servers` as the inside of its `http` block; ready when `port` is listened on. */
export function startNginx(scope: Scope, servers: string, port: number): Promise<NginxUpstream> {
  return start(scope, port, () => servers);
}

async function start(scope: Scope, port: number, servers: (directory: string) => string): Promise<NginxUpstream> {
  const nginx = requirePart('nginx');
  const directory = await makeDirectory();
  const file = join(directory, 'nginx.conf');
  await writeFile(file, configuration(directory, servers(directory)));
  const program = startProcess(nginx, ['-e', 'stderr', '-c', file], { cwd: directory });
  const undo = async (): Promise<void> => {
    await program.stop();
    await removeDirectory(directory);
  };
  try {
    await untilListening(port, program);
  } catch (error) {
    await undo();
    throw error;
  }
  scope.after(undo);
  return { port, directory, errors: program.stderr };
}

function upstream(directory: string, port: number, conf: string): string {
  return `client_max_body_size 0;
  server {
    listen 127.0.0.1:${port};
    root ${directory};
    ${conf}
  }`;
}

function configuration(directory: string, servers: string): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  return `
daemon off;
${process.getuid?.() === 0 ? 'user root;' : ''}
worker_processes 1;
pid ${directory}/nginx.pid;
error_log stderr notice;
events { worker_connections 1024; }
http {
  access_log off;
  default_type text/plain;
  ${temporary.map((name) => `${name}_temp_path ${directory}/${name};`).join('\n  ')}
  ${servers}
}
`;
}
