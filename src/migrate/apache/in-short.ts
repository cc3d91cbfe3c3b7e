import type { Directive } from './directive.ts';

const longest = 72;
const secretName = /authorization|cookie|token|secret|api-?key|password|passphrase/i;

/** A directive for a line of a report: shortened, without secrets, nothing in it that a terminal would obey. */
export function inShort(directive: Directive): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they would do things to a terminal
  const printable = withoutSecrets(directive).replace(/[\u0000-\u001f\u007f-\u009f]/g, '?');
  return printable.length > longest ? `${printable.slice(0, longest - 1)}…` : printable;
}

function withoutSecrets({ key, line }: Directive): string {
  const parameters = line.replace(/\b(secret|password|passphrase)=\S+/gi, '$1=…');
  if (
    !secretName.test(line) ||
    !/^(?:header|requestheader|define|setenv|.*(?:password|passphrase|secret).*)$/.test(key)
  )
    return parameters;
  const [name = '', ...words] = line.split(' ');
  const at = words.findIndex((word) => secretName.test(word));
  return [name, ...words.slice(0, at + 1), '…'].join(' ');
}
