import { Command } from 'commander';
import type { Importer } from '../../migrate/verdict.ts';
import type { Context } from '../context.ts';
import { printVerdicts } from '../verdicts.ts';

/** One kind of configuration that can be read. */
interface Format {
  readonly name: string;
  readonly description: string;
  /** What FILE is. */
  readonly files: string;
  /** Its own options, as commander writes them. */
  readonly options: readonly (readonly [flags: string, description: string])[];
  /** Lines of help on what is special about it. */
  readonly notes: string;
  readonly examples: readonly string[];
  /** Loaded only when this format is asked for. */
  load(): Promise<Importer>;
}

const formats: readonly Format[] = [
  {
    name: 'nginx',
    description: 'the configuration of nginx as a reverse proxy',
    files: 'a whole nginx.conf, or files of sites-enabled',
    options: [
      ['--prefix <directory>', "what stands for /etc/nginx (default: as the file's place suggests)"],
      ['--name <host>', 'name of a server that has none, or only _'],
    ],
    notes: `Included files are read, too, from --prefix for /etc/nginx.`,
    examples: [
      'sallyport import nginx /etc/nginx/nginx.conf > sallyport.yaml',
      'sallyport import nginx --prefix ./etc/nginx ./etc/nginx/sites-enabled/app',
    ],
    load: async () => (await import('../../migrate/nginx/import-nginx.ts')).importNginx,
  },
  {
    name: 'apache',
    description: 'the configuration of Apache as a reverse proxy, or with mod_wsgi',
    files: 'a whole apache2.conf or httpd.conf, or files of sites-enabled',
    options: [['--prefix <directory>', "what stands for Apache's ServerRoot (default: as the file's place suggests)"]],
    notes: `Included files are read, too, relative to --prefix.`,
    examples: [
      'sallyport import apache /etc/apache2/apache2.conf > sallyport.yaml',
      'sallyport import apache --prefix ./etc/apache2 ./etc/apache2/sites-enabled/app.conf',
    ],
    load: async () => (await import('../../migrate/apache/import-apache.ts')).importApache,
  },
  {
    name: 'compose',
    description: 'the published ports and proxy labels of docker-compose.yml',
    files: 'a compose file; those of one directory are one project',
    options: [],
    notes: `Services with published ports become sites: by the names in VIRTUAL_HOST (nginx-proxy), traefik's Host(…) rules or caddy labels,
else as SERVICE.internal. Databases do not. Comments tell which port lines must be put on 127.0.0.1; \`sallyport audit --fix\` does it.`,
    examples: ['sallyport import compose docker-compose.yml > sallyport.yaml'],
    load: async () => {
      const { importCompose } = await import('../../migrate/compose/import-compose.ts');
      return (request) => importCompose(request);
    },
  },
];

type ImportOptions = Readonly<Record<string, string | undefined>> & {
  readonly json?: true;
  readonly strict?: true;
};

const help = `
The configuration goes to the standard output. On the error output each directive has a line with its verdict:
  carried       it means the same, or Sallyport does it by itself
  approximated  nearly the same; the line says what differs
  refused       it has no equal here; the line says what to do instead
Nothing is changed: the other server's files are read only.

Exit codes: 0 a configuration was written; 1 not one site could be carried, or with --strict something was refused;
2 a file cannot be read, or is not in the server's language.`;

export function importVerb(context: Context): Command {
  const verb = new Command('import')
    .usage(`${formats.map(({ name }) => name).join('|')} FILE…`)
    .description("another server's configuration as a sallyport.yaml, with a verdict for each directive")
    .helpCommand(false)
    .addHelpText('after', `${help}\n\n${examples(formats.flatMap((format) => format.examples))}`);
  for (const format of formats) {
    const command = verb
      .command(format.name)
      .description(format.description)
      .argument('<files...>', format.files)
      .option('--json', 'print {config, yaml, verdicts} as JSON')
      .option('--strict', 'exit with 1 if anything was refused')
      .addHelpText('after', `${help}\n\n${format.notes}\n\n${examples(format.examples)}`)
      .action((files: string[], options: ImportOptions) => importFiles(context, format, files, options));
    for (const [flags, description] of format.options) command.option(flags, description);
  }
  return verb;
}

function examples(lines: readonly string[]): string {
  return `${lines.length > 1 ? 'Examples' : 'Example'}:\n${lines.map((line) => `  ${line}`).join('\n')}`;
}

async function importFiles(
  context: Context,
  format: Format,
  files: readonly string[],
  { json, strict, ...options }: ImportOptions,
): Promise<void> {
  const { out, err, directory } = context.terminal;
  const read = await format.load();
  const { config, judged, comments } = read({ files, directory, options });
  const { writeYaml } = await import('../../migrate/write-yaml.ts');
  const yaml = config === null ? '' : writeYaml(config, comments);
  if (json) out.line(JSON.stringify({ config, yaml, verdicts: judged }, null, 2));
  else {
    const end = config === null ? '; not one site could be carried, so nothing was written' : '';
    printVerdicts(judged, 'directive', err, end);
    if (config !== null) out.line(yaml.trimEnd());
  }
  if (config === null || (strict && judged.some(({ verdict }) => verdict === 'refused'))) context.exitWith(1);
}
