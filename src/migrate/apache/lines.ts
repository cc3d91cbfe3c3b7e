import type { SourcePosition } from '../../model/errors.ts';

/** A line as Apache sees it: continued ones joined, white space around it gone. */
interface LogicalLine {
  readonly text: string;
  /** Of its first character. */
  readonly at: SourcePosition;
}

/**
 * The lines of a file that say something. A backslash at the end joins the next line, in a comment too, as Apache has it;
 * a comment is a line of its own.
 */
export function* logicalLines(text: string, file: string): Generator<LogicalLine> {
  const physical = text.replace(/^\uFEFF/, '').split(/\r?\n/);
  for (let index = 0; index < physical.length; index++) {
    const first = index;
    const parts: string[] = [];
    let part = physical[index] ?? '';
    while (part.endsWith('\\') && index + 1 < physical.length) {
      parts.push(part.slice(0, -1));
      index++;
      part = physical[index] ?? '';
    }
    parts.push(part.endsWith('\\') && index + 1 === physical.length ? part.slice(0, -1) : part);
    const joined = parts.join('');
    const trimmed = joined.trim();
    if (trimmed === '' || trimmed.startsWith('#')) continue;
    yield { text: trimmed, at: { file, line: first + 1, column: joined.length - joined.trimStart().length + 1 } };
  }
}
