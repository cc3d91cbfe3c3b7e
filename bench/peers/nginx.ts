import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { untilListening } from '../../test/support/listening.ts';
import { requirePart } from '../../test/support/parts.ts';
import type { Peer, PeerSetting } from './peer.ts';
import { versionOf } from './version.ts';

export const nginx: Peer = {
  name: 'nginx',
  version: () => versionOf('nginx', ['-v'], /nginx\/(\S+)/),
  async start(setting) {
    const file = join(setting.directory, 'nginx.conf');
    await writeFile(file, configuration(setting));
    const program = setting.launch(requirePart('nginx'), ['-e', 'stderr', '-c', file]);
    await untilListening(setting.port, program);
    return { program, port: setting.port };
  },
};

function configuration({ directory, port, backendPort, certificate, name }: PeerSetting): string {
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
  keepalive_requests 1000000000;
  upstream backend {
    server 127.0.0.1:${backendPort};
    keepalive 256;
    keepalive_requests 1000000000;
  }
  server {
    listen 127.0.0.1:${port} ssl http2 backlog=4096;
    server_name ${name};
    ssl_certificate ${certificate.certificateFile};
    ssl_certificate_key ${certificate.keyFile};
    ssl_protocols TLSv1.2 TLSv1.3;
    location / {
      proxy_pass http://backend;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header Host $http_host;
      proxy_set_header X-Forwarded-For $remote_addr;
      proxy_set_header X-Forwarded-Proto $scheme;
      proxy_buffer_size 16k;
      proxy_buffers 16 16k;
      proxy_busy_buffers_size 64k;
      proxy_max_temp_file_size 0;
    }
  }
}
`;
}
