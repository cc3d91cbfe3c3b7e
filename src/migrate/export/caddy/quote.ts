import { unquotable } from '../common.ts';

/** Stands for a dollar sign behind a brace, which Caddy would take for the name of an environment variable even within quotes. */
const dollar = '{$SALLYPORT_DOLLAR:$}';

/** A value in which Caddy would fill in placeholders: nothing in it is one. */
export function quoted(text: string): string {
  return plainly(escaped(text));
}

/** The variable of requests that stands for a backslash, where the file has no other way to write it. */
export const backslash = '{http.vars.sallyport_backslash}';

/** The text with its braces escaped, for a value that has placeholders too. */
export function escaped(text: string): string {
  // Alone, even between quotation marks, it would end a block.
  if (text === '}') return '\\}{http.vars.sallyport_nothing}';
  const [hasBackslash, hasBacktick] = [text.includes('\\'), text.includes('`')];
  // Without an opening brace Caddy looks for no escapes.
  if (!text.includes('{') && !(hasBackslash && hasBacktick)) return text;
  const replaced = { '{': '\\{', '}': '\\}', '\\': hasBacktick ? backslash : '\\' };
  return text.replaceAll(/[{}\\]/g, (letter) => replaced[letter as keyof typeof replaced]);
}

/** A value as it is, placeholders included: one word of the file, whatever is in it. */
export function plainly(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what cannot be written
  if (/[\u0000-\u0008\u000a-\u001f\u007f]|^[{}]$/.test(text)) throw unquotable('caddy', 'the value', text);
  return word(text).replaceAll('{$', `{${dollar}`);
}

function word(text: string): string {
  if (/^[\w./:+=~%-][\w./:@*+=~,?&%#-]*$/.test(text)) return text;
  if (!text.includes('`')) return `\`${text}\``;
  // Between quotation marks a backslash stands for itself, but in front of another quotation mark.
  if (/\\("|$)/.test(text)) throw unquotable('caddy', 'the value', text);
  return `"${text.replaceAll('"', '\\"')}"`;
}

/** The path of a file. Where Caddy fills in placeholders is not the same in every version. */
export function filePath(what: string, path: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what cannot be written
  if (/[\u0000-\u001f\u007f"\\`{}]/.test(path)) throw unquotable('caddy', what, path);
  return word(path);
}

/** The name of a field, which Caddy would take for an order if it began or ended with some other character. */
export function fieldName(name: string): string {
  if (!/^\w[\w.-]*$/.test(name)) throw unquotable('caddy', 'the field', name);
  return name;
}

/** A block of the file. */
export function block(head: string, lines: readonly string[]): string[] {
  return [`${head} {`, ...lines.map((line) => (line === '' ? '' : `\t${line}`)), '}'];
}

/** Milliseconds as Caddy writes them. */
export function duration(milliseconds: number): string {
  return milliseconds % 1000 === 0 ? `${milliseconds / 1000}s` : `${milliseconds}ms`;
}
