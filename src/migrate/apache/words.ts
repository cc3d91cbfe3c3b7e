/** The words of the arguments of a directive, and where a quote was not closed. */
interface Words {
  readonly words: readonly string[];
  /** Offset of a quote that nothing closes; -1 when all are closed. */
  readonly unclosed: number;
}

/**
 * Splits arguments as Apache does: words are separated by white space; one that begins with `"` or `'` ends at the same quote,
 * and within it a backslash takes away the meaning of that quote and of a backslash.
 */
export function splitWords(text: string): Words {
  const words: string[] = [];
  let at = 0;
  while (at < text.length) {
    if (isSpace(text[at])) {
      at++;
      continue;
    }
    const quote = text[at] === '"' || text[at] === "'" ? text[at] : undefined;
    const start = at;
    if (quote !== undefined) at++;
    let word = '';
    while (at < text.length && (quote === undefined ? !isSpace(text[at]) : text[at] !== quote)) {
      const next = text[at + 1];
      if (text[at] === '\\' && next !== undefined && (next === '\\' || next === quote)) at++;
      word += text[at++];
    }
    if (quote !== undefined && at >= text.length) return { words, unclosed: start };
    if (quote !== undefined) at++;
    words.push(word);
  }
  return { words, unclosed: -1 };
}

function isSpace(character: string | undefined): boolean {
  return character !== undefined && /\s/.test(character);
}
