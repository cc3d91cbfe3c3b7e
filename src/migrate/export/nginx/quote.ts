import { unquotable } from '../common.ts';

/** The variable that stands for a dollar sign, which nginx has no other way to write. */
export const dollar = `\${sallyport_dollar}`;

/** A value in which variables would be expanded: nothing in it is one. */
export function quoted(text: string): string {
  return `"${escaped(text).replaceAll('$', dollar)}"`;
}

/** A value in which nginx knows no variables. */
export function plainly(text: string): string {
  return `"${escaped(text)}"`;
}

/** The path of a file. nginx would take a dollar sign for a variable and read the file anew for each request. */
export function filePath(what: string, path: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what cannot be written
  if (/[\u0000-\u001f\u007f"\\$]/.test(path)) throw unquotable('nginx', what, path);
  return /^[\w./@:+,=~-]+$/.test(path) ? path : `"${path}"`;
}

/** A regular expression. Of two backslashes nginx would read one; before most other letters they stay as they are. */
export function regex(pattern: string): string {
  return `"${pattern.replaceAll('\\\\', '\\\\\\\\').replaceAll('"', '\\"')}"`;
}

function escaped(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\t', '\\t');
}
