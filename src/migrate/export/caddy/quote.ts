import { unquotable } from '../common.ts';

/** One word in which nothing stands for something else; null for the few texts that a Caddyfile cannot have. */
export function word(text: string): string | null {
  // What looks like a variable of the environment is replaced before anything is read, whatever stands around it.
  if (text.includes('{$')) return null;
  // A brace alone is one of a block, quoted or not.
  if (text === '{' || text === '}') return null;
  if (!text.includes('`')) return `\`${text}\``;
  return text.includes('\\') ? null : `"${text.replaceAll('"', '\\"')}"`;
}

/** The same for a value in which placeholders would be filled in. */
export function value(text: string): string | null {
  return word(text.replaceAll('{', '\\{'));
}

/** A word that must stand in the file. */
export function needed(what: string, text: string): string {
  if (/^[\w./:@*+,=~[\]-]+$/.test(text)) return text;
  const written = /\p{Cc}/u.test(text) ? null : word(text);
  if (written === null) throw unquotable('caddy', what, text);
  return written;
}
