import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { untilListening } from '../../test/support/listening.ts';
import { requirePart } from '../../test/support/parts.ts';
import type { Peer, PeerSetting } from './peer.ts';
import { versionOf } from './version.ts';

export const caddy: Peer = {
  name: 'caddy',
  version: () => versionOf('caddy', ['version'], /v?(\d\S*)/),
  async start(setting) {
    const file = join(setting.directory, 'Caddyfile');
    await writeFile(file, configuration(setting));
    const args = ['run', '--config', file, '--adapter', 'caddyfile'];
    const home = { HOME: setting.directory, XDG_DATA_HOME: setting.directory, XDG_CONFIG_HOME: setting.directory };
    const program = setting.launch(requirePart('caddy'), args, { ...home, GOMAXPROCS: '1' });
    await untilListening(setting.port, program);
    return { program, port: setting.port };
  },
};

function configuration({ port, backendPort, certificate, name }: PeerSetting): string {
  return `
{
  admin off
  auto_https off
  log {
    level ERROR
  }
  servers {
    protocols h1 h2
  }
}
https://${name}:${port} {
  bind 127.0.0.1
  tls ${certificate.certificateFile} ${certificate.keyFile}
  reverse_proxy 127.0.0.1:${backendPort} {
    transport http {
      versions 1.1
      compression off
      keepalive_idle_conns 256
      keepalive_idle_conns_per_host 256
    }
  }
}
`;
}
