import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Server } from '../../src/migrate/export/rule.ts';
import { untilListening } from '../support/listening.ts';
import { requirePart } from '../support/parts.ts';
import { type RunningProcess, runProcess, startProcess } from '../support/process.ts';
import type { Scope } from '../support/scope.ts';

/** How a real server takes an exported configuration. */
interface RealServer {
  /** Puts the text into `directory`, together with what Debian's own configuration would say around it. */
  install(directory: string, text: string): Promise<void>;
  /** Arguments that have the configuration checked, and that serve from it. */
  readonly check: (directory: string) => readonly string[];
  readonly run: (directory: string) => readonly string[];
  readonly program: 'nginx' | 'apache2' | 'caddy' | 'haproxy';
}

const asRoot = process.getuid?.() === 0;

const realServers: Readonly<Record<Server, RealServer>> = {
  nginx: {
    program: 'nginx',
    install: async (directory, text) => {
      await writeFile(join(directory, 'sallyport.conf'), text);
      const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
      const lines = temporary.map((name) => `${name}_temp_path ${directory}/${name};`);
      await writeFile(
        join(directory, 'nginx.conf'),
        `${asRoot ? 'user root;' : ''} worker_processes 1; pid ${directory}/nginx.pid; error_log stderr warn;
events { worker_connections 1024; }
http { access_log off; ssl_prefer_server_ciphers on; ssl_protocols TLSv1.2 TLSv1.3; server_names_hash_bucket_size 128;
${lines.join(' ')} include ${directory}/sallyport.conf; }`,
      );
    },
    check: (directory) => ['-t', '-q', '-e', 'stderr', '-c', join(directory, 'nginx.conf')],
    run: (directory) => ['-e', 'stderr', '-g', 'daemon off;', '-c', join(directory, 'nginx.conf')],
  },
  apache: {
    program: 'apache2',
    install: async (directory, text) => {
      await mkdir(join(directory, 'log'), { recursive: true });
      // The modules are those that the file itself says must be enabled, and Debian's own.
      const named = /a2enmod ([\w ]+)/.exec(text)?.[1]?.split(' ') ?? [];
      const needed: Record<string, string[]> = {
        ssl: ['socache_shmcb'],
        proxy_balancer: ['slotmem_shm'],
        proxy_hcheck: ['watchdog'],
      };
      const always = [
        'mpm_event',
        'authz_core',
        'authz_host',
        'authz_user',
        'authn_core',
        'authn_file',
        'auth_basic',
        'alias',
        'reqtimeout',
      ];
      const modules = new Set([...always, ...named, ...named.flatMap((name) => needed[name] ?? [])]);
      const builtIn = new Set(['watchdog']);
      const loads = [...modules]
        .filter((name) => !builtIn.has(name))
        .map((name) => `LoadModule ${name}_module /usr/lib/apache2/modules/mod_${name}.so`);
      await writeFile(
        join(directory, 'apache2.conf'),
        `ServerRoot ${directory}\nServerName localhost\nPidFile ${directory}/apache.pid\nDefaultRuntimeDir ${directory}
${loads.join('\n')}\n${asRoot ? 'User www-data\nGroup www-data\n' : ''}Define APACHE_LOG_DIR ${directory}/log
ErrorLog ${directory}/log/error.log
LogFormat "%h %l %u %t \\"%r\\" %>s %O \\"%{Referer}i\\" \\"%{User-Agent}i\\"" combined
Include ${directory}/sallyport.conf\n`,
      );
      await writeFile(join(directory, 'sallyport.conf'), text);
    },
    check: (directory) => ['-t', '-f', join(directory, 'apache2.conf')],
    run: (directory) => ['-D', 'FOREGROUND', '-f', join(directory, 'apache2.conf')],
  },
  caddy: {
    program: 'caddy',
    install: (directory, text) => writeFile(join(directory, 'Caddyfile'), text),
    check: (directory) => ['validate', '--adapter', 'caddyfile', '--config', join(directory, 'Caddyfile')],
    run: (directory) => ['run', '--adapter', 'caddyfile', '--config', join(directory, 'Caddyfile')],
  },
  haproxy: {
    program: 'haproxy',
    install: (directory, text) => writeFile(join(directory, 'haproxy.cfg'), text),
    check: (directory) => ['-c', '-dW', '-f', join(directory, 'haproxy.cfg')],
    run: (directory) => ['-db', '-f', join(directory, 'haproxy.cfg')],
  },
};

const home = (directory: string) => ({
  HOME: directory,
  XDG_DATA_HOME: directory,
  XDG_CONFIG_HOME: directory,
  // Its own door for orders is one port for the whole machine.
  CADDY_ADMIN: `unix/${directory}/caddy-admin.sock`,
});

/** What the real server says of an exported configuration; '' when it takes it. */
export async function complaint(server: Server, directory: string, text: string): Promise<string> {
  const { program, install, check } = realServers[server];
  await install(directory, text);
  const { code, stdout, stderr } = await runProcess(requirePart(program), check(directory), { env: home(directory) });
  return code === 0 ? '' : `${stdout}${stderr}` || `exit code ${code}`;
}

/** The real server, serving from an exported configuration that listens on `port`. */
export async function startServer(
  scope: Scope,
  server: Server,
  { directory, text, port }: { readonly directory: string; readonly text: string; readonly port: number },
): Promise<RunningProcess> {
  const { program, install, run } = realServers[server];
  await install(directory, text);
  const running = startProcess(requirePart(program), run(directory), { cwd: directory, env: home(directory) });
  scope.after(async () => {
    await running.stop();
  });
  await untilListening(port, running);
  return running;
}
