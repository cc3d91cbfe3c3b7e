import type { Directive } from './directive.ts';
import type { Ledger } from './ledger.ts';
import { liesWithin, networksOf } from './networks.ts';
import { evaluateOrder } from './order.ts';

/** Who may pass, as routes can say it. */
export interface Passage {
  /** Whether a password is asked for. */
  readonly password: boolean;
  /** Networks that may pass; null for all. */
  readonly allow: readonly string[] | null;
  readonly deny: readonly string[];
}

export const openToAll: Passage = { password: false, allow: null, deny: [] };
export const closedToAll: Passage = { password: false, allow: null, deny: ['all'] };

/** Access rules of a route, in the keys of `sallyport.yaml`. */
export interface Access {
  readonly auth?: { readonly basic: string; readonly realm?: string };
  readonly allow?: readonly string[];
  readonly deny?: readonly string[];
}

/** A level of Apache's merging: what one section says. */
export type Level = readonly Directive[];

const stricter = 'stricter here: these addresses are asked for the password too';
const closedHere = 'what it lets through is closed here until you write it by hand (auth, allow, deny)';

/** The access rules that levels, each on top of the one before, come to. What cannot be said is judged refused and closed. */
export function accessOf(levels: readonly Level[], ledger: Ledger): Access {
  const login = loginOf(levels, ledger);
  const required = requiredOf(levels, ledger);
  const ordered = orderedOf(levels, ledger);
  const satisfy = last(levels, 'satisfy');
  const any = satisfy?.words[0]?.toLowerCase() === 'any';
  if (satisfy) ledger.carried(satisfy);
  if (any && required?.password && ordered?.allow)
    for (const one of levels.flat()) if (one.key === 'allow') ledger.approximated(one, stricter);
  const both = required && ordered ? (any ? eitherOf : allOf)(required, ordered) : (required ?? ordered ?? openToAll);
  if (both === null) {
    for (const one of levels.flat()) if (/^(?:require|allow|satisfy)$/.test(one.key)) ledger.refused(one, closedHere);
    return { deny: ['all'] };
  }
  return toKeys(both, login);
}

function toKeys({ password, allow, deny }: Passage, login: Access['auth'] | null): Access {
  if (password && login === null) return { deny: ['all'] };
  return {
    ...(password && login && { auth: login }),
    ...(allow && allow.length > 0 && { allow }),
    ...(deny.length > 0 && { deny }),
  };
}

function last(levels: readonly Level[], key: string): Directive | undefined {
  return levels.flat().findLast((one) => one.key === key);
}

/** The gate of `AuthType Basic`; null where there is none that Sallyport has. */
function loginOf(levels: readonly Level[], ledger: Ledger): Access['auth'] | null {
  const type = last(levels, 'authtype');
  const file = last(levels, 'authuserfile');
  const name = last(levels, 'authname');
  const provider = last(levels, 'authbasicprovider');
  for (const one of levels
    .flat()
    .filter(({ key }) => /^(?:authname|authtype|authuserfile|authbasicprovider)$/.test(key)))
    ledger.carried(one);
  if (type && type.words[0]?.toLowerCase() === 'none') return null;
  if (type && type.words[0]?.toLowerCase() !== 'basic') {
    ledger.refused(type, `of the ways to ask for a password Sallyport has Basic: ${closedHere}`);
    return null;
  }
  if (provider && provider.words.join(' ').toLowerCase() !== 'file') {
    ledger.refused(
      provider,
      `users come from an htpasswd file (sallyport user add FILE NAME), or from a service (forwardAuth): ${closedHere}`,
    );
    return null;
  }
  const path = file?.words[0];
  if (file && file.undefinedNames.length > 0) {
    ledger.refused(file, `nobody defines \${${file.undefinedNames[0]}}: ${closedHere}`);
    return null;
  }
  if (path === undefined) return null;
  const realm = name?.words.join(' ') ?? '';
  if (name && !/^[\x20-\x7e]{1,200}$/.test(realm))
    ledger.approximated(name, "the site's name is shown instead: realms are printable ASCII");
  return { basic: path, ...(/^[\x20-\x7e]{1,200}$/.test(realm) && { realm }) };
}

/** What the last level with `Require` says; null when none has any. */
function requiredOf(levels: readonly Level[], ledger: Ledger): Passage | null {
  const merging = last(levels, 'authmerging');
  if (merging)
    ledger.judge(
      merging,
      merging.words[0]?.toLowerCase() === 'off' ? 'carried' : 'refused',
      'a route has its own rules in place of the site’s',
    );
  const isRule = (one: Directive): boolean => /^(?:require|<require(?:all|any|none))$/.test(one.key);
  const deciding = levels.findLast((level) => level.some(isRule));
  for (const level of levels) {
    if (level === deciding) continue;
    for (const one of level.filter(isRule)) ledger.judgeAll(one, 'carried', '');
  }
  if (!deciding) return null;
  const passage = combine('any', deciding.filter(isRule), ledger);
  return passage ?? closedToAll;
}

/** What rules come to together; null for what routes cannot say. Of `any` the ones that can be said are left: stricter, never laxer. */
function combine(how: 'any' | 'all', rules: readonly Directive[], ledger: Ledger): Passage | null {
  const parts = rules.map((rule) => oneOf(rule, ledger));
  const known = parts.filter((part) => part !== null);
  if (known.length === 0 || (how === 'all' && known.length < parts.length)) return null;
  let result: Passage | null = known[0] ?? null;
  for (const part of known.slice(1)) result = result && (how === 'any' ? eitherOf(result, part) : allOf(result, part));
  if (result === null) for (const rule of rules) ledger.judgeAll(rule, 'refused', closedHere);
  else if (how === 'any') tellStricter(parts, rules, ledger);
  return result;
}

function tellStricter(parts: readonly (Passage | null)[], rules: readonly Directive[], ledger: Ledger): void {
  const mixed =
    parts.some((part) => part?.password) && parts.some((part) => part?.password === false && part.allow !== null);
  if (!mixed) return;
  for (const [index, rule] of rules.entries()) {
    if (parts[index]?.allow) ledger.judgeAll(rule, 'approximated', stricter);
  }
}

function oneOf(rule: Directive, ledger: Ledger): Passage | null {
  if (rule.children) {
    const inner = rule.children;
    ledger.carried(rule);
    if (rule.key === '<requireall') return combine('all', inner, ledger);
    if (rule.key === '<requireany') return combine('any', inner, ledger);
    const denied = combine('any', inner, ledger);
    const networks = denied && !denied.password && denied.deny.length === 0 ? denied.allow : null;
    if (networks) return { ...openToAll, deny: networks };
    ledger.judgeAll(rule, 'refused', closedHere);
    return null;
  }
  const [first = '', ...more] = rule.words;
  const not = first.toLowerCase() === 'not';
  const words = not ? more.slice(1) : more;
  const kind = (not ? (more[0] ?? '') : first).toLowerCase();
  const networks = kind === 'ip' ? networksOf(words) : kind === 'local' ? ['127.0.0.0/8', '::1/128'] : null;
  ledger.carried(rule);
  if (networks) return not ? { ...openToAll, deny: networks } : { ...openToAll, allow: networks };
  if (kind === 'all') return (words[0]?.toLowerCase() === 'granted') !== not ? openToAll : closedToAll;
  if (kind === 'valid-user' && !not) return { ...openToAll, password: true };
  ledger.refused(rule, requireCure(kind));
  return null;
}

function requireCure(kind: string): string {
  const cures: Readonly<Record<string, string>> = {
    user: 'every user of a file may pass: give these an htpasswd file of their own, and take deny: [all] out',
    group: 'there are no groups: give its users an htpasswd file of their own, and take deny: [all] out',
    host: 'names of clients are not looked up: write their networks under allow',
    'forward-dns': 'names of clients are not looked up: write their networks under allow',
    ip: 'not an address or network',
  };
  return `${cures[kind] ?? closedHere}${kind in cures ? `; ${closedHere}` : ''}`;
}

/** Who passes one of the two; null when routes cannot say it. A password counts as stricter than an address. */
function eitherOf(one: Passage, other: Passage): Passage | null {
  if (isClosed(one)) return other;
  if (isClosed(other)) return one;
  if (isOpen(one) || isOpen(other)) return openToAll;
  if (one.deny.length > 0 || other.deny.length > 0) return null;
  if (one.password !== other.password) {
    const asked = one.password ? one : other;
    return asked.allow === null ? asked : null;
  }
  return {
    password: one.password,
    allow: one.allow && other.allow && [...new Set([...one.allow, ...other.allow])],
    deny: [],
  };
}

/** Who passes both; null when routes cannot say it. */
function allOf(one: Passage, other: Passage): Passage | null {
  if (isClosed(one) || isClosed(other)) return closedToAll;
  if (one.allow && other.allow && one.allow.join() !== other.allow.join()) return null;
  const deny = [...new Set([...one.deny, ...other.deny])];
  return { password: one.password || other.password, ...allowedUnless(one.allow ?? other.allow, deny) };
}

/** Of two networks the smaller one decides in a route; here a denied one does, whatever lies in it. */
export function allowedUnless(
  allow: readonly string[] | null,
  deny: readonly string[],
): Pick<Passage, 'allow' | 'deny'> {
  const left = allow?.filter((network) => !liesWithin(network, deny)) ?? null;
  return left?.length === 0 ? { allow: null, deny: ['all'] } : { allow: left, deny };
}

function isOpen({ password, allow, deny }: Passage): boolean {
  return !password && allow === null && deny.length === 0;
}

function isClosed({ deny }: Passage): boolean {
  return deny.includes('all');
}

/** What `Order`, `Allow` and `Deny` of the last level that has any come to; null when none has. */
function orderedOf(levels: readonly Level[], ledger: Ledger): Passage | null {
  const isRule = (one: Directive): boolean => /^(?:order|allow|deny)$/.test(one.key);
  const deciding = levels.findLast((level) => level.some(isRule));
  for (const one of levels.flat().filter(isRule)) ledger.carried(one);
  return deciding ? evaluateOrder(deciding.filter(isRule), ledger) : null;
}
