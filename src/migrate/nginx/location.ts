import type { Directive } from './parse.ts';
import type { Scope } from './scope.ts';

/** One `location` of a server, nested ones among them. */
export interface Location {
  readonly directive: Directive;
  readonly scope: Scope;
  readonly kind: 'prefix' | 'exact' | 'regex' | 'named';
  /** As written, without its mark; of a regular expression, the expression. */
  readonly path: string;
  /** `~*`: letters are the same in both cases. */
  readonly anyCase: boolean;
}

/** Every location of a block, those within others after them. */
export function locationsOf(scope: Scope): readonly Location[] {
  return scope.own('location').flatMap((directive) => {
    const location = readLocation(directive, scope.within(directive));
    return [location, ...locationsOf(location.scope)];
  });
}

function readLocation(directive: Directive, scope: Scope): Location {
  const [first = '', second] = directive.args;
  // The mark may stand right before the path.
  const match = /^(=|~\*|~|\^~|@)?([\s\S]*)$/.exec(first);
  const mark = match?.[1] ?? '';
  const path = second ?? match?.[2] ?? '';
  const kinds: Readonly<Record<string, Location['kind']>> = { '=': 'exact', '~': 'regex', '~*': 'regex', '@': 'named' };
  return { directive, scope, kind: kinds[mark] ?? 'prefix', path: mark === '@' ? first : path, anyCase: mark === '~*' };
}

/** Prefixes that a regular expression stands for; null when it is no prefix in disguise. */
export function prefixesOf(expression: string): readonly string[] | null {
  const match = /^\^((?:\/(?:[\w~%-]|\\?\.(?![*+?]))*(?:\([\w|-]+\))?)+)(.*)$/.exec(expression);
  const [, head = '', tail = ''] = match ?? [];
  if (
    !match ||
    !/^(?:|\/\?\$?|\$|\.\*\$?|\/\.\*\$?|\(\/?\.\*\)\$?|\(\/\.\*\)\?\$?|\(\?:\/\.\*\)\?\$?|\(\/\|\$\)(?:\(\.\*\))?\$?|\(\?:\/\|\$\))$/.test(
      tail,
    )
  )
    return null;
  const choices = head.match(/\([^)]*\)/g) ?? [];
  if (choices.length > 1 || /[*+?]/.test(head)) return null;
  const [choice] = choices;
  const plain = head.replaceAll('\\', '');
  if (choice === undefined) return [plain];
  return choice
    .slice(1, -1)
    .split('|')
    .map((one) => plain.replace(choice, one));
}
