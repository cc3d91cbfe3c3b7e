import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeCertificate } from '../../test/support/certificates.ts';
import { untilListening } from '../../test/support/listening.ts';
import { requirePart } from '../../test/support/parts.ts';
import { freePort } from '../../test/support/ports.ts';
import { runProcess, startProcess } from '../../test/support/process.ts';
import type { Gate, Stage } from './gate.ts';

/** nginx with two workers; `nginx -s reload`. */
export async function startNginxGate(stage: Stage): Promise<Gate> {
  const { directory, name, appPort, webSocketPort } = stage;
  const { certificateFile, keyFile } = await makeCertificate(directory, [name]);
  const port = await freePort();
  const file = join(directory, 'nginx.conf');
  const configuration = (turn: number): string => `
daemon off;
${process.getuid?.() === 0 ? 'user root;' : ''}
worker_processes 2;
pid ${directory}/nginx.pid;
error_log stderr warn;
events { worker_connections 8192; }
http {
  access_log ${directory}/access.log combined;
  ${['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((one) => `${one}_temp_path ${directory}/${one};`).join(' ')}
  client_header_timeout ${20 + (turn % 10)}s;
  keepalive_requests 1000000000;
  server {
    listen 127.0.0.1:${port} ssl http2 backlog=4096;
    server_name ${name};
    ssl_certificate ${certificateFile};
    ssl_certificate_key ${keyFile};
    location / { proxy_pass http://127.0.0.1:${appPort}; proxy_http_version 1.1; proxy_set_header Host $http_host; }
    location /ws {
      proxy_pass http://127.0.0.1:${webSocketPort};
      proxy_http_version 1.1;
      proxy_read_timeout 1h;
      proxy_set_header Host $http_host;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection upgrade;
    }
  }
}
`;
  await writeFile(file, configuration(0));
  const program = startProcess(requirePart('nginx'), ['-e', 'stderr', '-c', file]);
  stage.scope.after(async () => void (await program.stop()));
  await untilListening(port, program);
  return {
    port,
    async reload(turn) {
      await writeFile(file, configuration(turn + 1));
      await must(requirePart('nginx'), ['-e', 'stderr', '-c', file, '-s', 'reload']);
    },
    upgrade: null,
    deploy: null,
  };
}

/** Caddy; `caddy reload`. */
export async function startCaddyGate(stage: Stage): Promise<Gate> {
  const { directory, name, appPort, webSocketPort } = stage;
  const { certificateFile, keyFile } = await makeCertificate(directory, [name]);
  const port = await freePort();
  const admin = `127.0.0.1:${await freePort()}`;
  const file = join(directory, 'Caddyfile');
  const configuration = (turn: number): string => `
{
  admin ${admin}
  auto_https off
  log {
    level ERROR
  }
  servers {
    protocols h1 h2
    timeouts {
      read_header ${20 + (turn % 10)}s
    }
  }
}
https://${name}:${port} {
  bind 127.0.0.1
  tls ${certificateFile} ${keyFile}
  reverse_proxy /ws 127.0.0.1:${webSocketPort}
  reverse_proxy 127.0.0.1:${appPort}
}
`;
  await writeFile(file, configuration(0));
  const env = { HOME: directory, XDG_DATA_HOME: directory, XDG_CONFIG_HOME: directory, GOMAXPROCS: '2' };
  const program = startProcess(requirePart('caddy'), ['run', '--config', file, '--adapter', 'caddyfile'], { env });
  stage.scope.after(async () => void (await program.stop()));
  await untilListening(port, program);
  return {
    port,
    async reload(turn) {
      await writeFile(file, configuration(turn + 1));
      await must(requirePart('caddy'), ['reload', '--config', file, '--adapter', 'caddyfile', '--address', admin], env);
    },
    upgrade: null,
    deploy: null,
  };
}

async function must(
  command: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<void> {
  const { code, stderr } = await runProcess(command, args, { env });
  if (code !== 0) throw new Error(stderr);
}
