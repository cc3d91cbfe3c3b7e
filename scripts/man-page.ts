import type { Command } from 'commander';

/**
 * The manual page of the program (man(7)), from what `--help` says: a section of its own for each verb. `date` as in `2026-11-26`.
 */
export function manPage(program: Command, { version, date }: { version: string; date: string }): string {
  const verbs = program.commands.filter((verb) => verb.description() !== '');
  return [
    `.TH SALLYPORT 1 "${date}" "sallyport ${version}" "User Commands"`,
    '.SH NAME',
    'sallyport \\- HTTPS in front of an app that speaks plain HTTP',
    '.SH SYNOPSIS',
    '.B sallyport',
    '.I VERB',
    '.RI [ options ]',
    '.SH DESCRIPTION',
    roff(program.description()),
    ...preformatted(textAfter(program)),
    ...options(program),
    '.SH VERBS',
    ...verbs.flatMap((verb) => verbSection(verb)),
    '.SH FILES',
    ...term('/etc/sallyport/sallyport.yaml, ./sallyport.yaml', 'the configuration; the second is found first'),
    ...term('/var/lib/sallyport', 'certificates, accounts and the in-house CA, where root runs it or systemd does'),
    ...term('~/.local/state/sallyport', 'the same for another user'),
    '.SH SEE ALSO',
    '.BR curl (1),',
    '.BR systemctl (1)',
    '',
  ].join('\n');
}

function verbSection(verb: Command): string[] {
  const children = verb.commands.flatMap((child) => [
    ...term(`sallyport ${verb.name()} ${child.name()} ${child.usage()}`, child.description()),
    ...(child.options.length > 0 ? ['.RS', ...optionTerms(child), '.RE'] : []),
  ]);
  return [
    `.SS "sallyport ${roff(verb.name())} ${roff(verb.usage())}"`,
    roff(sentence(verb.description())),
    ...children,
    ...optionTerms(verb),
    ...preformatted(textAfter(verb)),
  ];
}

function options(command: Command): string[] {
  return ['.SH OPTIONS', ...term('-V, --version', 'print the version'), ...optionTerms(command)];
}

function optionTerms(command: Command): string[] {
  const help = command.createHelp();
  return command.options
    .filter((option) => !option.hidden && option.long !== '--version')
    .flatMap((option) => term(help.optionTerm(option), help.optionDescription(option)));
}

function term(name: string, meaning: string): string[] {
  return ['.TP', `.B ${roff(name)}`, roff(meaning)];
}

/** What a command's help says behind its options: notes and examples, in lines of their own. */
function textAfter(command: Command): string {
  let whole = '';
  const output = command.configureOutput();
  command.configureOutput({
    writeOut: (text) => {
      whole += `${text}
`;
    },
  });
  command.outputHelp();
  command.configureOutput(output);
  return whole.slice(command.helpInformation().trimEnd().length).trim();
}

function preformatted(text: string): string[] {
  return text === '' ? [] : ['.PP', '.nf', ...text.split('\n').map(roff), '.fi'];
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}

/** Text that roff prints as it is. */
function roff(text: string): string {
  return text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replaceAll('`', '\\(ga')
    .replaceAll('…', '...')
    .replace(/^([.'])/, '\\&$1')
    .replaceAll('"', '\\(dq');
}
