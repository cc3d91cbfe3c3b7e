import { readFileSync } from 'node:fs';
import type { Scheme } from '../../../passwords/hash.ts';
import { parseHtpasswd } from '../../../passwords/htpasswd.ts';
import { keyOf, type Plan } from '../plan.ts';
import { word } from './quote.ts';

/** What crypt(3) of Debian knows. */
const known: ReadonlySet<Scheme> = new Set(['bcrypt', 'sha256-crypt', 'sha512-crypt']);

/** The userlist of each file of users. */
export interface UserLists {
  listOf(file: string): string;
  readonly lines: readonly string[];
}

/** Reads the files of users as they are now. */
export function userLists(plan: Plan): UserLists {
  const names = new Map<string, string>();
  const lines: string[] = [];
  for (const { places } of plan.sites) {
    for (const place of places) {
      if (place.auth === null || names.has(place.auth.file)) continue;
      const { file } = place.auth;
      const name = `users_${names.size + 1}`;
      names.set(file, name);
      const users = [...parseHtpasswd(readFileSync(file)).users.values()];
      const left = users.filter(({ scheme }) => !known.has(scheme));
      if (left.length > 0) {
        const who = left.map((user) => `${user.name} (${user.scheme})`).join(', ');
        const note = `HAProxy cannot check the passwords of ${who}: set them anew with \`sallyport user add\` before the export`;
        plan.ledger.judge(keyOf(plan, place, 'auth', 'basic'), 'refused', note);
      }
      const kept = users.filter(({ scheme }) => known.has(scheme));
      lines.push(
        `userlist ${name}`,
        ...kept.map((user) => `    user ${word(user.name)} password ${word(user.hash)}`),
        '',
      );
    }
  }
  return { listOf: (file) => names.get(file) ?? 'nobody', lines };
}
