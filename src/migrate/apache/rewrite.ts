import type { Directive } from './directive.ts';
import type { Ledger } from './ledger.ts';
import { readPathPattern } from './rewrite-pattern.ts';
import { proxyAction, type Rule, redirectTo, routePathOf } from './rules.ts';

/** What the rewriting of a host comes to. */
export interface Rewriting {
  /** Proxies, redirects and closed paths, in order. */
  readonly rules: readonly Rule[];
  /** The rule that leads everything to HTTPS under the same name. */
  readonly toHttps: Directive | null;
}

/** What a condition asks for. `other` is everything that Sallyport cannot ask. */
type Condition =
  | 'noFile'
  | 'plain'
  | 'plainOutside'
  | 'secure'
  | 'webSocket'
  | 'noWebSocket'
  | 'ownName'
  | 'challenge'
  | 'always'
  | 'other';

const own = 'Sallyport does this by itself';

/** Reads the rewriting among `directives`: the idioms for HTTPS, WebSockets and proxies. All else is refused. */
export function readRewriting(directives: readonly Directive[], names: readonly string[], ledger: Ledger): Rewriting {
  const all = directives.filter((one) => /^rewrite/.test(one.key));
  const engine = all.findLast((one) => one.key === 'rewriteengine');
  const on = engine?.words[0]?.toLowerCase() === 'on';
  const rules: Rule[] = [];
  let toHttps: Directive | null = null;
  let conditions: Directive[] = [];
  for (const one of all) {
    if (one.key === 'rewriteengine') ledger.carried(one);
    else if (!on) ledger.carried(one, 'not in force: RewriteEngine is not on');
    else if (one.key === 'rewritecond') conditions.push(one);
    else if (one.key !== 'rewriterule') ledger.refused(one, 'Sallyport rewrites nothing: let the app do it');
    else {
      const result = readRule(one, readConditions(conditions, names), names, ledger);
      if (result === 'https') toHttps = one;
      else if (result) rules.push(result);
      for (const condition of conditions) ledger.follow(condition, one);
      conditions = [];
    }
  }
  for (const left of conditions) ledger.carried(left, 'not in force: no rule follows');
  return { rules, toHttps };
}

/** What the conditions ask for; one that may hold instead of "no such file" opens nothing that is not open anyway. */
function readConditions(all: readonly Directive[], names: readonly string[]): Condition[] {
  const found: Condition[] = [];
  for (const [index, condition] of all.entries()) {
    const before = all[index - 1];
    const isOr = /\bOR\b/i.test(before?.words[2] ?? '');
    found.push(isOr && found.at(-1) === 'noFile' ? 'noFile' : readCondition(condition, names));
  }
  return found;
}

function readCondition(condition: Directive, names: readonly string[]): Condition {
  const [variable = '', written = ''] = condition.words;
  const subject = variable.toUpperCase();
  const negated = written.startsWith('!');
  const pattern = written
    .replace(/^!/, '')
    .replace(/^[=^]+|(?<!\\)\$$/g, '')
    .replaceAll('\\', '')
    .toLowerCase();
  const either = (yes: Condition, no: Condition): Condition => (negated ? no : yes);
  if (subject === '%{HTTPS}' || subject === '%{REQUEST_SCHEME}')
    return either(
      pattern === 'on' || pattern === 'https' ? 'secure' : 'plain',
      pattern === 'on' || pattern === 'https' ? 'plain' : 'secure',
    );
  if (subject === '%{SERVER_PORT}') return pattern === '443' ? either('secure', 'plain') : either('plain', 'secure');
  if (subject === '%{HTTP:X-FORWARDED-PROTO}')
    return pattern === 'https' ? either('secure', 'plainOutside') : either('plainOutside', 'secure');
  if (subject === '%{HTTP:UPGRADE}' || subject === '%{HTTP:CONNECTION}') {
    return /websocket|upgrade/.test(pattern) ? either('webSocket', 'noWebSocket') : 'other';
  }
  if (subject === '%{HTTP_HOST}' || subject === '%{SERVER_NAME}') {
    return names.includes(pattern) ? either('ownName', 'other') : 'other';
  }
  if (subject === '%{REQUEST_URI}' && negated && pattern.includes('/.well-known/acme-challenge')) return 'challenge';
  if (/^!-[fdsl]$/i.test(written)) return 'noFile';
  return subject === '%{REQUEST_URI}' && !negated && /^(?:\.\*)?$/.test(pattern) ? 'always' : 'other';
}

const placeholder = /^(?:\/?\$[01]|\/?%\{REQUEST_URI\}|\/)?$/i;

/** Whether a rule leads every path to itself, by HTTPS and under the same name. */
function leadsToHttps(pattern: string, substitution: string, names: readonly string[]): boolean {
  const https = /^https:\/\/([^/$]*?)(?::443)?((?:\/|\$|%\{REQUEST_URI\}).*)?$/i.exec(substitution);
  if (!https || readPathPattern(pattern)?.path !== '/') return false;
  const host = (https[1] ?? '').replace(/%\{REQUEST_URI\}$/i, '');
  const same = /^%\{(?:HTTP_HOST|SERVER_NAME)\}$/i.test(host) || names.includes(host.toLowerCase());
  const behindHost = /%\{REQUEST_URI\}$/i.test(https[1] ?? '') ? '%{REQUEST_URI}' : '';
  return same && placeholder.test((https[2] ?? '') + behindHost);
}

function readRule(
  rule: Directive,
  conditions: readonly Condition[],
  names: readonly string[],
  ledger: Ledger,
): Rule | 'https' | null {
  const [written = '', substitution = '', flagWord = ''] = rule.words;
  const flags = flagWord
    .replace(/^\[|\]$/g, '')
    .split(',')
    .map((flag) => flag.trim().toLowerCase());
  const has = (...wanted: readonly string[]): boolean =>
    flags.some((flag) => wanted.includes(flag.split('=')[0] ?? ''));
  const only = (...wanted: readonly Condition[]): boolean => conditions.every((one) => wanted.includes(one));
  if (leadsToHttps(written, substitution, names) && only('plain', 'ownName', 'challenge', 'always')) {
    ledger.carried(rule, `${own}: plain HTTP leads to HTTPS`);
    return 'https';
  }
  if (conditions.includes('plainOutside'))
    ledger.approximated(rule, 'the proxy in front is the one to lead plain HTTP to HTTPS');
  else if (conditions.includes('plain') && conditions.includes('secure')) ledger.carried(rule, 'never in force');
  else if (has('p', 'proxy')) return proxyRewrite(rule, only, ledger);
  else if (has('f', 'forbidden') && substitution === '-' && conditions.length === 0) return closedPath(rule, ledger);
  else if (substitution === '-' && !has('r', 'g', 'f', 'e', 'env', 'co', 'h', 'handler', 't', 'type'))
    ledger.carried(rule, 'changes nothing');
  else if (has('r', 'redirect') && only('ownName', 'always', 'secure') && !/%\{|\$[02-9]/.test(substitution)) {
    const status = flags.find((flag) => /^r(?:edirect)?=/.test(flag))?.replace(/^[^=]*=/, '') ?? 'temp';
    return redirectTo(rule, { status, path: written, regex: true, location: substitution }, null, ledger);
  } else if (/\b(?:request_filename|document_root)\b/i.test(substitution))
    ledger.refused(rule, 'it is about files, and Sallyport serves none');
  else if (/^https?:/i.test(substitution) || has('r', 'redirect'))
    ledger.refused(
      rule,
      'no redirect of a fixed path to a fixed place: write routes: {/path: {redirect: …}}, or let the app answer',
    );
  else ledger.refused(rule, 'Sallyport rewrites no paths: let the app do it');
  return null;
}

function proxyRewrite(
  rule: Directive,
  only: (...wanted: readonly Condition[]) => boolean,
  ledger: Ledger,
): Rule | null {
  const [written = '', substitution = ''] = rule.words;
  if (!only('webSocket', 'noWebSocket', 'always', 'secure', 'noFile')) {
    ledger.refused(rule, 'routes have no conditions: the path alone says where a request goes');
    return null;
  }
  const pattern = readPathPattern(written);
  if (pattern === null || routePathOf(pattern.path) === null) {
    ledger.refused(
      rule,
      'routes are paths, not regular expressions: write the path whose requests go to the app under routes:',
    );
    return null;
  }
  if (pattern.exact && pattern.path === '/') {
    ledger.refused(rule, 'a route for / alone would take every path');
    return null;
  }
  if (pattern.exact) ledger.approximated(rule, `the route ${pattern.path} takes what is below it too`);
  const action = proxyAction(rule, pattern.path, substitution, pattern, ledger);
  if (!only('webSocket', 'noWebSocket', 'always', 'secure'))
    ledger.approximated(rule, 'what Apache answered from files is asked of the app too');
  const webSocket = action.webSocket || !only('noWebSocket', 'always', 'secure', 'noFile');
  return { by: rule, path: pattern.path, section: null, parameters: new Map(), ...action, webSocket };
}

function closedPath(rule: Directive, ledger: Ledger): Rule | null {
  const pattern = readPathPattern(rule.words[0] ?? '');
  if (pattern === null || pattern.path === '/' || routePathOf(pattern.path) === null) {
    ledger.refused(rule, 'routes are paths, not regular expressions: what it closes is not closed here');
    return null;
  }
  return {
    by: rule,
    path: pattern.path,
    section: null,
    parameters: new Map(),
    webSocket: false,
    action: { kind: 'closed' },
  };
}
