/** `text` as one word for a POSIX shell: unchanged where that is safe, in single quotes otherwise. */
export function shellWord(text: string): string {
  if (/^[\w@%+=:,./-]+$/.test(text)) return text;
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
