import { unquotable } from '../common.ts';

/** A word of a line, as HAProxy reads it back letter for letter. Throws for a control character other than a tab. */
export function word(text: string): string {
  if (/^[\w./@:+,=~()[\]<>;?&!|*^{}-]+$/.test(text)) return text;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what cannot be written
  if (/[\u0000-\u0008\u000a-\u001f\u007f]/.test(text)) throw unquotable('haproxy', 'the value', text);
  if (!text.includes("'")) return `'${text}'`;
  return `"${text.replaceAll(/[\\"$]/g, '\\$&')}"`;
}

/** A value in which HAProxy would expand `%[…]` and draw spaces together: nothing of that happens to this one. */
export function plainly(text: string): string {
  if (text === '') return "'%[str()]'";
  const escaped = text.replaceAll('%', '%%');
  // A run of spaces, or one at an end, would not survive: each as an expression of its own does.
  return word(escaped.replaceAll(/^ | $|(?<= ) |\t/g, (blank) => `%[bin(${blank === '\t' ? '09' : '20'})]`));
}

/** The path of a file. */
export function filePath(what: string, path: string): string {
  if (/[^\u0020-\u007e\u0080-\uffff]/.test(path)) throw unquotable('haproxy', what, path);
  return word(path);
}

/** The name of a field as the argument of an expression. */
export function fieldName(name: string): string {
  if (!/^[\w.-]+$/.test(name)) throw unquotable('haproxy', 'the field name', name);
  return name.toLowerCase();
}

/** Lines of one rule for each few of many values: HAProxy takes 64 words a line. */
export function chunked(values: readonly string[]): (readonly string[])[] {
  const chunks: (readonly string[])[] = [];
  for (let start = 0; start < values.length; start += 32) chunks.push(values.slice(start, start + 32));
  return chunks;
}
