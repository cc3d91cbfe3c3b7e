/**
 * What a fenced block of a guide is for, said by the words behind its language:
 *
 * | fence                       | what a reader does with it, and so does the test                              |
 * | --------------------------- | ----------------------------------------------------------------------------- |
 * | ```` ```yaml file=NAME ````     | writes this file into the directory of the guide                             |
 * | ```` ```sh run ````             | types it into a shell there; every command must succeed                      |
 * | ```` ```sh start until=WORD ```` | types it likewise and leaves it running, once it has printed a line that begins with WORD |
 * | ```` ```text interrupt ````     | presses Ctrl-C in the terminal of what was started last, which must end with exit code 0 |
 * | ```` ```text output ````        | compares with what the block above printed: line by line, `…` standing for anything within a line, and a line of its own for any lines |
 *
 * A block without such words is only read.
 */
export type Block =
  | { readonly kind: 'file'; readonly name: string; readonly text: string; readonly line: number }
  | { readonly kind: 'interrupt'; readonly line: number }
  | { readonly kind: 'run'; readonly text: string; readonly line: number }
  | { readonly kind: 'start'; readonly text: string; readonly until: string; readonly line: number }
  | { readonly kind: 'output'; readonly text: string; readonly line: number };

/** The blocks of a Markdown text that are not only read, in order. Throws for a word it does not know. */
export function blocksOf(markdown: string): Block[] {
  const blocks: Block[] = [];
  let open: { words: string[]; line: number; lines: string[] } | null = null;
  for (const [index, line] of markdown.split('\n').entries()) {
    if (open !== null && line === '```') {
      const block = blockOf(open.words, `${open.lines.join('\n')}\n`, open.line);
      if (block) blocks.push(block);
      open = null;
    } else if (open !== null) {
      open.lines.push(line);
    } else if (line.startsWith('```')) {
      open = { words: line.slice(3).split(' ').slice(1), line: index + 1, lines: [] };
    }
  }
  if (open !== null) throw new Error(`the block of line ${open.line} never ends`);
  return blocks;
}

function blockOf(words: readonly string[], text: string, line: number): Block | null {
  const [first = '', second = ''] = words;
  if (first === '') return null;
  if (first.startsWith('file=')) return { kind: 'file', name: first.slice('file='.length), text, line };
  if (first === 'interrupt') return { kind: first, line };
  if (first === 'run' || first === 'output') return { kind: first, text, line };
  if (first === 'start' && second.startsWith('until=')) {
    return { kind: 'start', text, until: second.slice('until='.length), line };
  }
  throw new Error(`line ${line}: nobody knows what to do with a block marked '${words.join(' ')}'`);
}

/** Whether `printed` is what an `output` block shows. */
export function isAsShown(printed: string, shown: string): boolean {
  const lines = shown
    .trimEnd()
    .split('\n')
    .map((line) => (line === '…' ? '(?:.*\\n)*?' : `${line.split('…').map(escapeForRegExp).join('.*')}[ \\t]*\\n`));
  return new RegExp(`^${lines.join('')}$`).test(`${printed.trimEnd()}\n`);
}

function escapeForRegExp(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}
