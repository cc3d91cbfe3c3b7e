import { readFileSync } from 'node:fs';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { untilListening } from './listening.ts';
import { requirePart } from './parts.ts';
import { startProcess } from './process.ts';
import { makeDirectory, removeDirectory, type Scope } from './scope.ts';

const modulesDirectory = '/usr/lib/apache2/modules';
const modules = [
  ...['mpm_event', 'alias', 'rewrite', 'headers', 'ssl', 'setenvif'],
  ...['authn_core', 'authn_file', 'auth_basic', 'authz_core', 'authz_host', 'authz_user', 'access_compat'],
  ...['proxy', 'proxy_http', 'proxy_wstunnel', 'proxy_balancer', 'slotmem_shm', 'lbmethod_byrequests'],
];

export interface RunningApache {
  /** Holds its files; its DocumentRoot is empty. */
  readonly directory: string;
  /** Its error log so far. */
  errors(): string;
}

/** Starts Debian's Apache with `sites` as its configuration, besides what any needs to run; ready when `port` is listened on. */
export async function startApache(scope: Scope, sites: string, port: number): Promise<RunningApache> {
  const apache = requirePart('apache2');
  const directory = await makeDirectory();
  const file = join(directory, 'apache.conf');
  await mkdir(join(directory, 'none'));
  // Its children run as another user when root starts it.
  await chmod(directory, 0o755);
  await writeFile(join(directory, 'sites.conf'), sites);
  await writeFile(file, configuration(directory));
  const program = startProcess(apache, ['-D', 'FOREGROUND', '-f', file], { cwd: directory });
  scope.after(async () => {
    await program.stop();
    await removeDirectory(directory);
  });
  await untilListening(port, program);
  return { directory, errors: () => program.stderr() + readFileSync(join(directory, 'error.log'), 'utf8') };
}

function configuration(directory: string): string {
  return `
ServerRoot ${directory}
PidFile ${directory}/apache.pid
DefaultRuntimeDir ${directory}
Mutex file:${directory}
ErrorLog ${directory}/error.log
ServerName localhost
${modules.map((module) => `LoadModule ${module}_module ${modulesDirectory}/mod_${module}.so`).join('\n')}
${process.getuid?.() === 0 ? 'User www-data\nGroup www-data' : ''}
ServerLimit 1
StartServers 1
ThreadsPerChild 16
MaxRequestWorkers 16
DocumentRoot ${directory}/none
Include sites.conf
`;
}
