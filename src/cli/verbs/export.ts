import { writeFile } from 'node:fs/promises';
import { relative, resolve } from 'node:path';
import { Command } from 'commander';
import { type Server, servers } from '../../migrate/export/rule.ts';
import { systemErrorCode, UserError } from '../../model/errors.ts';
import { configOption, requireConfigFile } from '../config-file.ts';
import type { Context } from '../context.ts';
import { printVerdicts } from '../verdicts.ts';

interface ExportOptions {
  readonly config?: string;
  readonly certificates: string;
  readonly out?: string;
  readonly json?: true;
  readonly strict?: true;
}

const descriptions: Readonly<Record<Server, string>> = {
  nginx: 'a file for /etc/nginx/conf.d',
  apache: 'a file for /etc/apache2/sites-available',
  caddy: 'a whole Caddyfile',
  haproxy: 'a whole haproxy.cfg',
};

const help = `
The other server's configuration goes to the standard output. On the error output each key of sallyport.yaml has a line with its verdict:
  carried       the other server does the same
  approximated  nearly the same; the line says what differs
  refused       it has no equal there; the line says what to do instead
Where a guard of a route has no equal, the route is written so that nobody passes.

Exit codes: 0 a configuration was written; 1 it could not be, or with --strict something was refused; 2 the configuration is invalid.`;

export function exportVerb(context: Context): Command {
  const verb = new Command('export')
    .usage(`${servers.join('|')} [-c FILE]`)
    .description("the same sites as another server's configuration, with a verdict for each key")
    .helpCommand(false)
    .addHelpText('after', `${help}\n\n${examples(servers)}`);
  for (const server of servers) {
    verb
      .command(server)
      .description(descriptions[server])
      .option(...configOption)
      .option(
        '--certificates <directory>',
        'where certificates will be that Sallyport gets by itself: NAME/fullchain.pem and NAME/privkey.pem',
        '/etc/letsencrypt/live',
      )
      .option('--out <file>', 'write a file, which only its owner may read, instead of the standard output')
      .option('--json', 'print {text, verdicts} as JSON')
      .option('--strict', 'exit with 1 if anything was refused')
      .addHelpText('after', `${help}\n\n${examples([server])}`)
      .action((options: ExportOptions) => exportFile(context, server, options));
  }
  return verb;
}

function examples(some: readonly Server[]): string {
  const lines = some.map(
    (server) =>
      `  sallyport export ${server} > ${server === 'caddy' ? 'Caddyfile' : server === 'haproxy' ? 'haproxy.cfg' : 'sallyport.conf'}`,
  );
  return `${lines.length > 1 ? 'Examples' : 'Example'}:\n${lines.join('\n')}`;
}

async function exportFile(
  { parts, terminal, exitWith }: Context,
  server: Server,
  options: ExportOptions,
): Promise<void> {
  const { out, err, directory } = terminal;
  const file = requireConfigFile(terminal, options.config);
  const { settings } = await parts.readSettings(file);
  const { exportConfig } = await import('../../migrate/export/export-config.ts');
  const called = options.config ?? (relative(directory, file).startsWith('..') ? file : relative(directory, file));
  const certificates = resolve(directory, options.certificates);
  const { text, judged } = await exportConfig({ server, settings, file, called, certificates });
  if (options.json) out.line(JSON.stringify({ text, verdicts: judged }, null, 2));
  else {
    printVerdicts(judged, 'key', err);
    if (options.out === undefined) out.line(text.trimEnd());
  }
  if (options.out !== undefined) await writeOwn(resolve(directory, options.out), text);
  if (options.strict && judged.some(({ verdict }) => verdict === 'refused')) exitWith(1);
}

/** It may hold secrets: values of fields, hashes of passwords. */
async function writeOwn(path: string, text: string): Promise<void> {
  try {
    await writeFile(path, text, { mode: 0o600, flag: 'wx' });
  } catch (error) {
    const code = systemErrorCode(error);
    throw new UserError(`cannot write ${path}; ${code === 'EEXIST' ? 'it is there already' : code}`, {
      code: 'not-written',
      cure: 'move it away or choose another place',
    });
  }
}
