import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { untilListening } from '../../test/support/listening.ts';
import { requirePart } from '../../test/support/parts.ts';
import type { Peer, PeerSetting } from './peer.ts';
import { versionOf } from './version.ts';

const modulesDirectory = '/usr/lib/apache2/modules';
const modules = ['mpm_event', 'authz_core', 'headers', 'ssl', 'http2', 'proxy', 'proxy_http'];

export const apache: Peer = {
  name: 'apache',
  version: () => versionOf('apache2', ['-v'], /Apache\/(\S+)/),
  async start(setting) {
    const file = join(setting.directory, 'apache.conf');
    await writeFile(file, configuration(setting));
    const program = setting.launch(requirePart('apache2'), ['-D', 'FOREGROUND', '-f', file]);
    await untilListening(setting.port, program);
    return { program, port: setting.port };
  },
};

/** One worker is one child process of the event MPM; its threads share the core. */
function configuration({ directory, port, backendPort, certificate, name }: PeerSetting): string {
  return `
ServerRoot ${directory}
ServerName ${name}
PidFile ${directory}/apache.pid
DefaultRuntimeDir ${directory}
ErrorLog ${directory}/error.log
LogLevel warn
${modules.map((module) => `LoadModule ${module}_module ${modulesDirectory}/mod_${module}.so`).join('\n')}
${process.getuid?.() === 0 ? 'User www-data\nGroup www-data' : ''}
ServerLimit 1
StartServers 1
ThreadLimit 128
ThreadsPerChild 128
MinSpareThreads 1
MaxSpareThreads 128
MaxRequestWorkers 128
MaxConnectionsPerChild 0
AsyncRequestWorkerFactor 32
KeepAlive On
KeepAliveTimeout 75
MaxKeepAliveRequests 0
ListenBacklog 4096
Listen 127.0.0.1:${port}
Protocols h2 http/1.1
SSLEngine On
SSLCertificateFile ${certificate.certificateFile}
SSLCertificateKeyFile ${certificate.keyFile}
SSLProtocol -all +TLSv1.2 +TLSv1.3
SSLSessionCache none
ProxyPreserveHost On
RequestHeader set X-Forwarded-Proto https
ProxyPass / http://127.0.0.1:${backendPort}/ keepalive=On
`;
}
