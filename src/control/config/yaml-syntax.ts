import type { LineCounter, YAMLError } from 'yaml';
import type { Finding } from './problems.ts';
import { oneLine } from './source.ts';

/** Syntax errors in words, with the mistake most often behind them. */
const explanations: Readonly<Record<string, readonly [what: string, cure: string]>> = {
  TAB_AS_INDENT: ['a tab as indentation', 'Indent with spaces.'],
  BAD_INDENT: ['wrong indentation', 'Give keys of the same mapping the same number of spaces in front.'],
  BLOCK_AS_IMPLICIT_KEY: ['a second key on the same line', 'Put it on a line of its own, or the value into quotes.'],
  MULTIPLE_DOCS: ['a second document in the file', 'Take out the --- between them.'],
  BAD_SCALAR_START: ['a value that begins with a character YAML keeps for itself', 'Put the value into quotes.'],
  TAG_RESOLVE_FAILED: ['a YAML tag', 'Take out the word that begins with an exclamation mark.'],
  BAD_DQ_ESCAPE: ['a backslash that means nothing', 'Write the value in single quotes, where a backslash is itself.'],
  MISSING_CHAR: [
    'something is not closed or separated',
    'Check quotes, brackets, braces, commas and colons up to here.',
  ],
  RESOURCE_EXHAUSTION: ['nested too deeply', 'A configuration needs only a few levels.'],
};

/** The errors and warnings of the YAML parser as findings: the first of each line, for the others follow from it. */
export function syntaxProblems(
  errors: readonly YAMLError[],
  text: string,
  file: string,
  lines: LineCounter,
): Finding[] {
  const byLine = new Map<number, YAMLError>();
  for (const error of errors) {
    const { line } = lines.linePos(error.pos[0]);
    if (!byLine.has(line)) byLine.set(line, error);
  }
  return [...byLine.values()].map((error) => syntaxProblem(error, text, file, lines));
}

/** An error or warning of the YAML parser as a finding. */
function syntaxProblem(error: YAMLError, text: string, file: string, lines: LineCounter): Finding {
  const { line, col } = lines.linePos(error.pos[0]);
  const lineText = text.split(/\r?\n/, line)[line - 1] ?? '';
  const star = /^(\s*(?:- )?)(\*[^\s:]+)/.exec(lineText);
  if (star) {
    const at = { file, line, column: (star[1]?.length ?? 0) + 1 };
    const message = `not YAML: a wildcard without quotes; got ${oneLine(star[2] ?? '')}; did you mean "${oneLine(star[2] ?? '')}" in quotes?`;
    return { message, at, cure: 'A star begins an alias in YAML: put the name into quotes.' };
  }
  const at = { file, line, column: col };
  if (/:\s+\[[0-9a-f:]+\]:/i.test(lineText)) {
    return {
      message: 'not YAML: an IPv6 address without quotes',
      at,
      cure: 'A bracket begins a list in YAML: put the address into quotes, as in "[::1]:8080".',
    };
  }
  const expansion = /(?<!["'$])\$\{[^}]*\}?/.exec(lineText);
  if (expansion && /[[{].*\$\{/.test(lineText)) {
    const message = `not YAML: an expansion without quotes within braces or brackets; got ${oneLine(expansion[0])}`;
    return {
      message,
      at: { file, line, column: expansion.index + 1 },
      cure: 'A brace begins a mapping in YAML: put the value into double quotes.',
    };
  }
  const [what, cure] = explanations[/^Flow /.test(error.message) ? 'MISSING_CHAR' : error.code] ?? [
    oneLine(error.message, 200),
    null,
  ];
  const detail = what === explanations.MISSING_CHAR?.[0] ? ` (${oneLine(error.message, 200)})` : '';
  return { message: `not YAML: ${what}${detail}`, at, cure };
}
