import type { SourcePosition, UserError } from '../../model/errors.ts';
import { Lexer, type Token } from './lexer.ts';
import { syntaxError } from './syntax-error.ts';

/** One directive as written. */
export interface Directive {
  readonly name: string;
  readonly args: readonly string[];
  /** What stands between its braces; null when it ends in a semicolon. */
  readonly block: readonly Directive[] | null;
  readonly at: SourcePosition;
}

/** Deeper blocks are an error: nobody writes them. */
const deepest = 32;
const mostWords = 4096;

/** The directives of a text. Throws a UserError with the place of the first thing that nginx could not read either. */
export function parseNginx(file: string, text: string): readonly Directive[] {
  const lexer = new Lexer(file, text);
  return readBlock(lexer, null, 0);
}

/** Up to the closing brace, or to the end of the text when `opened` is null. */
function readBlock(lexer: Lexer, opened: SourcePosition | null, depth: number): Directive[] {
  if (opened !== null && depth > deepest)
    throw syntaxError(opened, `blocks more than ${deepest} deep`, 'Take some apart.');
  const directives: Directive[] = [];
  for (;;) {
    const token = lexer.next();
    if (token === null) {
      if (opened === null) return directives;
      throw syntaxError(opened, 'a block that is not closed', 'Add the missing }.');
    }
    if (token.kind === '}') {
      if (opened !== null) return directives;
      throw syntaxError(token.at, 'a } that closes no block', 'Take it out, or add the missing {.');
    }
    if (token.kind !== 'word') throw unexpected(token);
    directives.push(readDirective(lexer, token, depth));
  }
}

function readDirective(lexer: Lexer, first: Token, depth: number): Directive {
  const { text: name, at } = first;
  const args: string[] = [];
  for (;;) {
    const token = lexer.next();
    if (token === null) throw syntaxError(at, `"${name}" without its ; or {`, 'End it with a semicolon.');
    if (token.kind === ';') return { name, args, block: null, at };
    if (token.kind === '}') throw syntaxError(at, `"${name}" is not ended before the }`, 'End it with a semicolon.');
    if (token.kind === '{') return { name, args, block: readBody(lexer, name, token.at, depth), at };
    if (args.length === mostWords) throw syntaxError(at, `more than ${mostWords} words`, 'End it with a semicolon.');
    args.push(token.text);
  }
}

function readBody(lexer: Lexer, name: string, opened: SourcePosition, depth: number): Directive[] {
  if (!name.endsWith('_by_lua_block')) return readBlock(lexer, opened, depth + 1);
  lexer.skipForeignBlock(opened);
  return [];
}

function unexpected({ kind, at }: Token): UserError {
  return syntaxError(at, `a ${kind} without a directive before it`, 'Take it out, or write what it belongs to.');
}
