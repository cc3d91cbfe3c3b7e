import { z } from 'zod';
import { fail, type Outcome, parsed } from './fault.ts';
import type { Findings } from './problems.ts';

/** The keys that say whom a gateway started as root becomes. */
export const userKeys = {
  user: account('user').meta({
    description:
      'The user that a gateway started as root becomes once its ports are bound. Keys and state belong to it. Default: it stays who it is.',
    examples: ['sallyport', 'www-data'],
  }),
  group: account('group').meta({
    description: "Its group. Default: the user's own.",
    examples: ['sallyport', 'www-data'],
  }),
};

function account(kind: 'user' | 'group') {
  return parsed(z.string({ error: `the name of a ${kind}` }), (text) => parseAccount(text, kind)).optional();
}

function parseAccount(text: string, kind: 'user' | 'group'): Outcome<string> {
  if (/^[\w.][\w.@-]*\$?$/.test(text)) return { value: text };
  return fail(`not the name of a ${kind}`, { wanted: `a name such as www-data` });
}

/** Reports a group that belongs to nobody. */
export function checkUser(findings: Findings): void {
  if (!findings.has(['group']) || findings.has(['user'])) return;
  findings.problem(['group'], { what: 'a group without a user', cure: 'Name the user, too: user: www-data.' });
}
