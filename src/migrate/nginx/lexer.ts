import type { SourcePosition } from '../../model/errors.ts';
import { syntaxError } from './syntax-error.ts';

/** A word of nginx's configuration language, quotes and escapes resolved, or one of its three marks. */
export interface Token {
  readonly kind: 'word' | '{' | '}' | ';';
  /** '' for the marks. */
  readonly text: string;
  readonly at: SourcePosition;
}

const isSpace = (char: string): boolean => char === ' ' || char === '\t' || char === '\r' || char === '\n';
const escapes: Readonly<Record<string, string>> = {
  '"': '"',
  "'": "'",
  '\\': '\\',
  t: '\t',
  r: '\r',
  n: '\n',
};

/**
 * Reads a text as nginx does (`ngx_conf_read_token`): words end at white space, `;` and `{`, the brace of `${name}` and
 * whatever an escape or quotes protect apart; `#` and `}` count only where a word could begin.
 */
export class Lexer {
  readonly #file: string;
  readonly #text: string;
  #offset = 0;
  #line = 1;
  #lineStart = 0;

  /** `file` is what errors call it. */
  constructor(file: string, text: string) {
    this.#file = file;
    this.#text = text.startsWith('\ufeff') ? text.slice(1) : text;
  }

  /** The next token; null at the end of the text. Throws a UserError for what nginx could not read either. */
  next(): Token | null {
    this.#skipBlank();
    const char = this.#text[this.#offset];
    const at = this.position();
    if (char === undefined) return null;
    if (char === '{' || char === '}' || char === ';') {
      this.#take();
      return { kind: char, text: '', at };
    }
    const text = char === '"' || char === "'" ? this.#quoted(char, at) : this.#plain(at);
    return { kind: 'word', text, at };
  }

  /** Where the next character stands. */
  position(): SourcePosition {
    return { file: this.#file, line: this.#line, column: this.#offset - this.#lineStart + 1 };
  }

  /**
   * Everything up to the brace that closes a block of another language (Lua), which has been opened; quotes and `--` comments hide
   * braces. The closing brace is taken, too.
   */
  skipForeignBlock(opened: SourcePosition): void {
    for (let depth = 1; depth > 0; ) {
      const char = this.#take();
      if (char === undefined) throw syntaxError(opened, 'a block that is not closed', 'Add the missing }.');
      if (char === '{') depth++;
      else if (char === '}') depth--;
      else if (char === '"' || char === "'") this.#skipForeignString(char);
      else if (char === '-' && this.#text[this.#offset] === '-') this.#skipLine();
    }
  }

  #skipForeignString(quote: string): void {
    for (let char = this.#take(); char !== undefined && char !== quote && char !== '\n'; char = this.#take()) {
      if (char === '\\') this.#take();
    }
  }

  #skipLine(): void {
    while (this.#offset < this.#text.length && this.#text[this.#offset] !== '\n') this.#take();
  }

  #skipBlank(): void {
    for (;;) {
      const char = this.#text[this.#offset];
      if (char === '#') this.#skipLine();
      else if (char !== undefined && isSpace(char)) this.#take();
      else return;
    }
  }

  #take(): string | undefined {
    const char = this.#text[this.#offset];
    if (char === undefined) return undefined;
    this.#offset++;
    if (char === '\n') {
      this.#line++;
      this.#lineStart = this.#offset;
    }
    return char;
  }

  #plain(at: SourcePosition): string {
    let text = '';
    let afterDollar = false;
    for (;;) {
      const char = this.#text[this.#offset];
      if (char === undefined) break;
      if (isSpace(char) || char === ';' || (char === '{' && !afterDollar)) break;
      afterDollar = char === '$';
      text += this.#character(at);
    }
    return text;
  }

  #quoted(quote: string, at: SourcePosition): string {
    this.#take();
    let text = '';
    for (;;) {
      const char = this.#text[this.#offset];
      if (char === undefined) {
        throw syntaxError(at, `a quote ${quote} that is not closed`, `Add the missing ${quote}.`);
      }
      if (char === quote) break;
      text += this.#character(at);
    }
    this.#take();
    const after = this.#text[this.#offset];
    if (after === undefined || isSpace(after) || after === ';' || after === '{' || after === ')') return text;
    const what = `${JSON.stringify(after)} right after a closing quote`;
    throw syntaxError(this.position(), what, 'Put a space between them, or quote the whole word.');
  }

  #character(at: SourcePosition): string {
    const char = this.#take() ?? '';
    const escaped = char === '\\' ? (this.#take() ?? '') : '';
    if (char === '\0' || escaped === '\0') throw syntaxError(at, 'a NUL character', 'Save the file as plain text.');
    if (char !== '\\') return char;
    return Object.hasOwn(escapes, escaped) ? (escapes[escaped] ?? '') : char + escaped;
  }
}
