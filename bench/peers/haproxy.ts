import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { untilListening } from '../../test/support/listening.ts';
import { requirePart } from '../../test/support/parts.ts';
import type { Peer, PeerSetting } from './peer.ts';
import { versionOf } from './version.ts';

export const haproxy: Peer = {
  name: 'haproxy',
  version: () => versionOf('haproxy', ['-v'], /version (\d[\d.]*)/),
  async start(setting) {
    const file = join(setting.directory, 'haproxy.cfg');
    await writeFile(file, configuration(setting));
    const program = setting.launch(requirePart('haproxy'), ['-db', '-f', file]);
    await untilListening(setting.port, program);
    return { program, port: setting.port };
  },
};

function configuration({ port, backendPort, certificate }: PeerSetting): string {
  return `
global
  nbthread 1
  maxconn 8000
defaults
  mode http
  timeout connect 5s
  timeout client 75s
  timeout server 60s
  timeout http-keep-alive 75s
  http-reuse always
frontend tls
  bind 127.0.0.1:${port} ssl crt ${certificate.combinedFile} ssl-min-ver TLSv1.2 alpn h2,http/1.1 backlog 4096
  default_backend app
backend app
  option forwardfor
  http-request set-header X-Forwarded-Proto https
  server app 127.0.0.1:${backendPort} pool-max-conn 256
`;
}
