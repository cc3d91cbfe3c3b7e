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
  const nginx = requirePart('nginx');
  return onFreePort(async (port) => {
    const directory = await makeDirectory();
    const file = join(directory, 'nginx.conf');
    await writeFile(file, configuration(directory, port, conf));
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
  });
}

function configuration(directory: string, port: number, conf: string): string {
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
  client_max_body_size 0;
  ${temporary.map((name) => `${name}_temp_path ${directory}/${name};`).join('\n  ')}
  server {
    listen 127.0.0.1:${port};
    root ${directory};
    ${conf}
  }
}
`;
}
