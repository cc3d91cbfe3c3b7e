import type { Directive } from './directive.ts';
import type { Ledger } from './ledger.ts';

/** A section that holds for some requests or files. */
export interface Section {
  readonly node: Directive;
  readonly kind: 'location' | 'directory' | 'files' | 'proxy';
  /** The path, name or pattern it holds for. */
  readonly pattern: string;
  readonly regex: boolean;
  /** The section around a `<Files>`. */
  readonly within: Section | null;
  /** What it says, conditions and includes taken away. */
  readonly directives: readonly Directive[];
}

/** The server as a whole, or one of its hosts: what it says, in order. */
export interface Scope {
  readonly plain: readonly Directive[];
  readonly sections: readonly Section[];
}

export interface VirtualHost {
  readonly node: Directive;
  readonly addresses: readonly string[];
  readonly scope: Scope;
}

interface Draft {
  readonly plain: Directive[];
  readonly sections: Section[];
}

const kinds: ReadonlyMap<string, { readonly kind: Section['kind']; readonly regex: boolean }> = new Map([
  ['<location', { kind: 'location', regex: false }],
  ['<locationmatch', { kind: 'location', regex: true }],
  ['<directory', { kind: 'directory', regex: false }],
  ['<directorymatch', { kind: 'directory', regex: true }],
  ['<files', { kind: 'files', regex: false }],
  ['<filesmatch', { kind: 'files', regex: true }],
  ['<proxy', { kind: 'proxy', regex: false }],
  ['<proxymatch', { kind: 'proxy', regex: true }],
]);

const conditions = new Set(['<ifmodule', '<ifdefine', '<ifversion', '<iffile', '<ifdirective', '<ifsection']);
const trees = new Set(['<requireall', '<requireany', '<requirenone']);
const accessKeys = /^(?:require|order|allow|deny|authtype|authuserfile|<require(?:all|any|none))$/;

/** The server's own scope and those of its hosts. Judges what stands between them: conditions, includes, sections of methods. */
export function scopesOf(directives: readonly Directive[], ledger: Ledger): { server: Scope; hosts: VirtualHost[] } {
  const server: Draft = { plain: [], sections: [] };
  const hosts: VirtualHost[] = [];
  for (const one of flattened(directives, ledger)) {
    if (one.key !== '<virtualhost') place(one, server, null, ledger);
    else {
      const scope: Draft = { plain: [], sections: [] };
      for (const inner of flattened(one.children ?? [], ledger)) place(inner, scope, null, ledger);
      hosts.push({ node: one, addresses: one.words, scope });
    }
  }
  return { server, hosts };
}

function place(one: Directive, scope: Draft, within: Section | null, ledger: Ledger): void {
  const kind = kinds.get(one.key);
  if (kind === undefined) {
    if (one.children === null || trees.has(one.key)) scope.plain.push(one);
    else refuseSection(one, ledger);
    return;
  }
  const tilde = one.words[0] === '~';
  const directives: Directive[] = [];
  const pattern = one.words[tilde ? 1 : 0] ?? '';
  const section: Section = { node: one, kind: kind.kind, pattern, regex: kind.regex || tilde, within, directives };
  scope.sections.push(section);
  for (const inner of flattened(one.children ?? [], ledger)) {
    const isInner = kinds.get(inner.key)?.kind === 'files' || inner.children !== null;
    if (isInner && !trees.has(inner.key)) place(inner, scope, section, ledger);
    else directives.push(inner);
  }
}

function refuseSection(one: Directive, ledger: Ledger): void {
  const inner = { ...one, key: one.key.slice(1) };
  const closes = hasAccessRules(one) ? ': what it closes is not closed here' : '';
  if (inner.key === 'macro')
    ledger.judgeAll(one, 'refused', 'macros are not read: write out what `Use` makes of it, and import that');
  else if (/^(?:if|elseif|else)$/.test(inner.key))
    ledger.judgeAll(one, 'refused', `Sallyport has no conditions on requests${closes}`);
  else if (/^limit/.test(inner.key))
    ledger.judgeAll(one, 'refused', `Sallyport has no rules for single methods${closes}`);
  else ledger.judgeAll(one, 'refused', `no section that Sallyport has an equal of${closes}`);
}

function hasAccessRules(section: Directive): boolean {
  return (section.children ?? []).some((one) => accessKeys.test(one.key) || hasAccessRules(one));
}

/** Directives that close something stay in place, whatever is undefined in them, and logs are told apart elsewhere. */
const heededAnyway =
  /^(?:require|allow|deny|order|satisfy|auth.*|<require.*|logformat|errorlog|customlog|transferlog|include|includeoptional)$/;

function refuseUndefined(one: Directive, ledger: Ledger): void {
  const name = one.undefinedNames[0] ?? '';
  const closes = hasAccessRules(one) ? '; what it closes is not closed here' : '';
  ledger.judgeAll(one, 'refused', `nobody defines \${${name}}: write \`Define ${name} VALUE\` in front of it${closes}`);
}

/** The directives with conditions, includes and sections of methods opened; what does not count is judged and left out. */
function flattened(directives: readonly Directive[], ledger: Ledger): Directive[] {
  const result: Directive[] = [];
  for (const one of directives) {
    if (!one.active) ledger.judgeAll(one, 'carried', 'not in force: the condition around it does not hold');
    else if (one.undefinedNames.length > 0 && !heededAnyway.test(one.key)) refuseUndefined(one, ledger);
    else if (conditions.has(one.key)) {
      const holds = (one.children ?? []).every((child) => child.active);
      ledger.carried(one, holds ? '' : 'does not hold');
      result.push(...flattened(one.children ?? [], ledger));
    } else if (one.key === 'include' || one.key === 'includeoptional') result.push(...included(one, ledger));
    else if (isMethodAccess(one)) {
      ledger.approximated(one, 'its rules hold for every method here');
      result.push(...flattened(one.children ?? [], ledger));
    } else result.push(one);
  }
  return result;
}

function included(one: Directive, ledger: Ledger): Directive[] {
  const own = /\/options-ssl-apache\.conf$/.test(one.words[0] ?? '');
  if (own) {
    ledger.judgeAll(one, 'carried', "certbot's settings of TLS: Sallyport has its own, TLS 1.2 and 1.3");
    return [];
  }
  if (one.absence === '') ledger.carried(one);
  else if (one.key === 'includeoptional' && /^(?:no file|there is no)/.test(one.absence))
    ledger.carried(one, one.absence);
  else ledger.refused(one, `${one.absence}: import where it is, or say --prefix DIRECTORY`);
  return flattened(one.children ?? [], ledger);
}

/** `<Limit>` and `<LimitExcept>` that ask for something are heeded for all methods; those that close methods would close everything. */
function isMethodAccess(one: Directive): boolean {
  if (one.key !== '<limit' && one.key !== '<limitexcept') return false;
  const closes = (child: Directive): boolean =>
    (child.key === 'deny' && child.words[1]?.toLowerCase() === 'all') ||
    (child.key === 'require' && child.words.join(' ').toLowerCase() === 'all denied');
  return !(one.children ?? []).some(closes);
}
