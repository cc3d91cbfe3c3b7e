import { z } from 'zod';
import { fail, type Outcome, parsed } from './fault.ts';

const word = z.string({ error: 'words of a command' }).min(1, { error: 'words of a command' });

/** A program, or a list of a program and its arguments; run without a shell. `example` is such a list, as messages show it. */
export function commandSchema(example: string) {
  return z.union([parsed(z.string(), parseProgram), z.array(word).min(1)], {
    error: `a program, or a list of a program and its arguments, as in ${example}`,
  });
}

function parseProgram(program: string): Outcome<string[]> {
  if (program === '') return fail('no command', { wanted: 'a program' });
  if (!/\s/.test(program)) return { value: [program] };
  const list = `[${program.trim().split(/\s+/).join(', ')}]`;
  return fail('a command with arguments in one text', { wanted: 'a list', didYouMean: list });
}
