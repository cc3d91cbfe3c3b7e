import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { untilListening } from './listening.ts';
import { requirePart } from './parts.ts';
import { onFreePort } from './ports.ts';
import { startProcess } from './process.ts';
import { makeDirectory, removeDirectory, type Scope } from './scope.ts';

const programs = {
  haproxy: { args: ['-db', '-f'], configuration: haproxyConfiguration },
  nginx: { args: ['-e', 'stderr', '-c'], configuration: nginxConfiguration },
} as const;

/**
 * Starts a real proxy of TCP connections in front of `target`, a port of 127.0.0.1, and returns its own port there. `options` stand
 * behind the address of the server in HAProxy (`send-proxy`), in the server block in nginx (`proxy_protocol on;`).
 */
export function startTcpProxy(
  scope: Scope,
  program: keyof typeof programs,
  target: number,
  options: string,
): Promise<number> {
  const path = requirePart(program);
  const { args, configuration } = programs[program];
  return onFreePort(async (port) => {
    const directory = await makeDirectory();
    const file = join(directory, 'proxy.conf');
    await writeFile(file, configuration(port, target, options, directory));
    const running = startProcess(path, [...args, file], { cwd: directory });
    const undo = async (): Promise<void> => {
      await running.stop();
      await removeDirectory(directory);
    };
    try {
      await untilListening(port, running);
    } catch (error) {
      await undo();
      throw error;
    }
    scope.after(undo);
    return port;
  });
}

function haproxyConfiguration(port: number, target: number, options: string): string {
  return `
global
  nbthread 1
  maxconn 500
defaults
  mode tcp
  timeout connect 5s
  timeout client 30s
  timeout server 30s
listen gate
  bind 127.0.0.1:${port}
  server gate 127.0.0.1:${target} ${options}
`;
}

function nginxConfiguration(port: number, target: number, options: string, directory: string): string {
  return `
load_module /usr/lib/nginx/modules/ngx_stream_module.so;
daemon off;
${process.getuid?.() === 0 ? 'user root;' : ''}
worker_processes 1;
pid ${directory}/nginx.pid;
error_log stderr notice;
events { worker_connections 256; }
stream {
  server {
    listen 127.0.0.1:${port};
    proxy_pass 127.0.0.1:${target};
    ${options}
  }
}
`;
}
