import { unquotable } from '../common.ts';

/** An argument of a directive. What Apache would take for a variable of its own comes from one that holds the dollar sign. */
export function quoted(text: string): string {
  const escaped = text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\t', ' ');
  return `"${escaped.replaceAll('${', `${dollar}{`)}"`;
}

/** Defined at the head of a file that needs it. */
export const dollar = `$\{SALLYPORT_DOLLAR}`;

/** The value of a field, in which nothing stands for something else; null when Apache would take it for an expression. */
export function fieldValue(text: string): string | null {
  return text.startsWith('expr=') ? null : quoted(text.replaceAll('%', '%%'));
}

/** The path of a file. */
export function filePath(what: string, path: string): string {
  if (/[\p{Cc}"\\]|\$\{/u.test(path)) throw unquotable('apache', what, path);
  return `"${path}"`;
}

/** A regular expression. Of two backslashes Apache would read one. */
export function regex(pattern: string): string {
  return `"${pattern.replaceAll('\\\\', '\\\\\\\\').replaceAll('"', '\\"')}"`;
}

/** A regular expression of mod_rewrite, which reads backslashes as they are. */
export function rewritePattern(pattern: string): string {
  return `"${pattern.replaceAll('"', '\\x22')}"`;
}
