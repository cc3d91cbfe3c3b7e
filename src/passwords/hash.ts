import type { TextFault } from './fault.ts';

/** How a password was made unreadable, as `user list` and messages call it. */
export type Scheme = 'bcrypt' | 'argon2id' | 'apr1' | 'sha256-crypt' | 'sha512-crypt' | 'sha1';

/** Parameters of an argon2id hash (RFC 9106); `memory` in KiB. */
export interface Argon2Parameters {
  readonly memory: number;
  readonly passes: number;
  readonly parallelism: number;
  readonly salt: Buffer;
  readonly tag: Buffer;
}

/** A hash that was read, or why it cannot be used. */
export type ReadHash =
  | { readonly scheme: Scheme; readonly fault?: never }
  | { readonly fault: TextFault; readonly scheme?: never };

/** A check that takes longer than about two seconds is refused when the file is read, not when somebody logs in. */
const mostBcryptCost = 15;
const mostShaRounds = 1_000_000;
const mostArgon2 = { memory: 1024 * 1024, passes: 64, parallelism: 64 };

const anew = 'Set the password anew: sallyport user add FILE NAME.';

const forms: readonly (readonly [Scheme, RegExp])[] = [
  ['bcrypt', /^\$2[aby]\$(?:0[4-9]|[12]\d|3[01])\$[./A-Za-z0-9]{53}$/],
  ['argon2id', /^\$argon2id\$v=19\$m=\d{1,10},t=\d{1,10},p=\d{1,3}\$[A-Za-z0-9+/]{11,86}\$[A-Za-z0-9+/]{16,172}$/],
  ['apr1', /^\$apr1\$[./A-Za-z0-9]{1,8}\$[./A-Za-z0-9]{22}$/],
  ['sha256-crypt', /^\$5\$(?:rounds=\d{4,9}\$)?[./A-Za-z0-9]{1,16}\$[./A-Za-z0-9]{43}$/],
  ['sha512-crypt', /^\$6\$(?:rounds=\d{4,9}\$)?[./A-Za-z0-9]{1,16}\$[./A-Za-z0-9]{86}$/],
  ['sha1', /^\{SHA\}[A-Za-z0-9+/]{27}=$/],
];

/** Recognises a hash as it stands in an htpasswd file. Total: every text is either a hash or a fault that names a cure. */
export function readHash(text: string): ReadHash {
  for (const [scheme, form] of forms) {
    if (!form.test(text)) continue;
    const fault = costFault(scheme, text);
    return fault === null ? { scheme } : { fault };
  }
  return { fault: unknownFault(text) };
}

function costFault(scheme: Scheme, text: string): TextFault | null {
  switch (scheme) {
    case 'bcrypt':
      if (Number(text.slice(4, 6)) <= mostBcryptCost) return null;
      return { what: `a bcrypt hash of a cost above ${mostBcryptCost}, which takes seconds to check`, cure: anew };
    case 'sha256-crypt':
    case 'sha512-crypt': {
      const rounds = Number(/rounds=(\d+)/.exec(text)?.[1] ?? 5000);
      if (rounds >= 1000 && rounds <= mostShaRounds) return null;
      return { what: `a SHA-crypt hash with rounds below 1000 or above ${mostShaRounds}`, cure: anew };
    }
    case 'argon2id': {
      const { memory, passes, parallelism, salt, tag } = argon2Parameters(text);
      const possible = passes >= 1 && parallelism >= 1 && memory >= 8 * parallelism && salt.length >= 8;
      if (!possible || tag.length < 12) return { what: 'an argon2id hash with impossible parameters', cure: anew };
      const few = memory <= mostArgon2.memory && passes <= mostArgon2.passes && parallelism <= mostArgon2.parallelism;
      if (few) return null;
      return { what: 'an argon2id hash that takes more than 1 GiB, 64 passes or 64 lanes to check', cure: anew };
    }
    default:
      return null;
  }
}

/** The parts of an argon2id hash; call it on text that {@link readHash} knows. */
export function argon2Parameters(text: string): Argon2Parameters {
  const [, , , costs = '', salt = '', tag = ''] = text.split('$');
  const [memory = 0, passes = 0, parallelism = 0] = costs.split(',').map((cost) => Number(cost.slice(2)));
  return { memory, passes, parallelism, salt: Buffer.from(salt, 'base64'), tag: Buffer.from(tag, 'base64') };
}

const unknown: readonly (readonly [RegExp, string])[] = [
  [/^\$(?:2[abxy]?|argon2id|apr1|5|6)\$|^\{SHA\}/, 'a damaged hash'],
  [/^\$g?y\$/, 'a yescrypt hash, which web servers cannot share'],
  [/^\$7\$/, 'an scrypt hash'],
  [/^\$1\$/, 'an md5-crypt hash'],
  [/^\$argon2[di]\$/, 'an argon2 hash of another kind than argon2id'],
  [/^\$/, 'a hash of an unknown kind'],
  [/^\{\w+\}/, 'a hash of a kind that LDAP servers use'],
  [/^[./A-Za-z0-9]{13}$/, 'a DES hash, of which only the first eight characters of a password count'],
  [/^$/, 'no password'],
];

const hashForm = 'bcrypt ($2y$), argon2id ($argon2id$), $apr1$, SHA-crypt ($5$, $6$) or {SHA}';

function unknownFault(text: string): TextFault {
  const what = unknown.find(([form]) => form.test(text))?.[1] ?? 'no hash; perhaps the password itself';
  return { what, wanted: hashForm, cure: anew };
}
