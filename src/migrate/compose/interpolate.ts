// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are the forms that users write
import { fail, type Outcome } from '../../control/config/fault.ts';

/** The values of variables: of the environment, and of the file `.env` for what is not set there. */
export type Variables = ReadonlyMap<string, string>;

interface Interpolated {
  readonly text: string;
  /** Variables that are not set and for which nothing is given: Docker puts in nothing at all. */
  readonly unset: readonly string[];
}

/** Variables within variables after which a value is refused. */
const deepest = 16;

/**
 * Puts variables into a value as Docker Compose does: `$NAME`, `${NAME}`, `${NAME:-default}`, `${NAME-default}`, `${NAME:+other}`, `${NAME+other}`,
 * `${NAME:?message}`, `${NAME?message}`, each of which may hold further ones, and `$$` for a dollar sign.
 */
export function interpolate(text: string, variables: Variables): Outcome<Interpolated> {
  const unset = new Set<string>();
  const outcome = fill(text, variables, unset, 0);
  if (outcome.faults) return outcome;
  return { value: { text: outcome.value, unset: [...unset] } };
}

function fill(text: string, variables: Variables, unset: Set<string>, depth: number): Outcome<string> {
  if (!text.includes('$')) return { value: text };
  if (depth > deepest) return fail('variables within variables, too deeply');
  let filled = '';
  let rest = text;
  for (;;) {
    const dollar = rest.indexOf('$');
    if (dollar < 0) return { value: filled + rest };
    filled += rest.slice(0, dollar);
    rest = rest.slice(dollar + 1);
    if (rest.startsWith('$')) {
      filled += '$';
      rest = rest.slice(1);
      continue;
    }
    const plain = /^[_a-z][_a-z0-9]*/i.exec(rest)?.[0];
    const end = rest.startsWith('{') ? closingBrace(rest) : 0;
    if (plain === undefined && end <= 0) return fail('a dollar sign that begins no variable', dollarFault);
    const outcome =
      plain === undefined
        ? braced(rest.slice(1, end), variables, unset, depth)
        : { value: lookUp(plain, variables, unset) };
    if (outcome.faults) return outcome;
    filled += outcome.value;
    rest = rest.slice(plain === undefined ? end + 1 : plain.length);
  }
}

const dollarFault = {
  wanted: '$NAME, ${NAME} or ${NAME:-default}',
  cure: 'Write $$ for a dollar sign that is meant as one.',
};

/** Index of the brace that closes the one at the beginning; -1 when there is none. */
function closingBrace(text: string): number {
  let open = 0;
  for (let index = 0; index < text.length; index++) {
    if (text[index] === '{' && (index === 0 || text[index - 1] === '$')) open++;
    else if (text[index] === '}' && --open === 0) return index;
  }
  return -1;
}

function braced(inner: string, variables: Variables, unset: Set<string>, depth: number): Outcome<string> {
  const match = /^([_a-z][_a-z0-9]*)(?:(:?[-+?])(.*))?$/is.exec(inner);
  if (match === null) return fail('not a variable', dollarFault);
  const [, name = '', operator, word = ''] = match;
  if (operator === undefined) return { value: lookUp(name, variables, unset) };
  const value = variables.get(name);
  const isThere = operator.startsWith(':') ? value !== undefined && value !== '' : value !== undefined;
  switch (operator.at(-1)) {
    case '-':
      return isThere ? { value: value ?? '' } : fill(word, variables, unset, depth + 1);
    case '+':
      return isThere ? fill(word, variables, unset, depth + 1) : { value: '' };
    default:
      if (isThere) return { value: value ?? '' };
      return fail(`the variable ${name} is not set, and must be`, {
        cure: `Set ${name} in the environment, or in the file .env beside the compose file.`,
      });
  }
}

function lookUp(name: string, variables: Variables, unset: Set<string>): string {
  const value = variables.get(name);
  if (value === undefined) unset.add(name);
  return value ?? '';
}
