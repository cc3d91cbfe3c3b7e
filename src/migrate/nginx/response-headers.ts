import { fieldNamePattern } from '../../control/config/header-rules.ts';
import { literal } from '../literal.ts';
import type { Directive } from './parse.ts';
import { type Scope, substitute } from './scope.ts';
import type { RouteHeaders, SiteHeaders } from './shapes.ts';
import { judgeEach, type Work } from './work.ts';

/** What becomes of the fields of answers; `hsts` belongs to the site. */
export interface ResponseChanges {
  readonly headers: RouteHeaders;
  readonly hsts?: SiteHeaders['hsts'];
}

const policies =
  /^(?:no-referrer|no-referrer-when-downgrade|origin|origin-when-cross-origin|same-origin|strict-origin|strict-origin-when-cross-origin|unsafe-url)$/;

/** The changes that `add_header`, `proxy_hide_header` and the like make. */
export function responseChanges(scope: Scope, isHttps: boolean, work: Work): ResponseChanges {
  const headers: RouteHeaders = {};
  const add = new Map<string, string>();
  const remove = new Set<string>();
  let hsts: SiteHeaders['hsts'];
  for (const directive of scope.all('add_header')) {
    const [name = '', written = ''] = directive.args;
    const { text, used } = substitute(written, scope);
    judgeEach(work, used, 'carried', `headers: response: add: ${name}`);
    if (name.toLowerCase() === 'strict-transport-security') hsts = hstsOf(directive, text, isHttps, work) ?? hsts;
    else if (!asSwitch(directive, text, headers, work)) addField(directive, text, add, work);
  }
  for (const directive of [...scope.all('proxy_hide_header'), ...scope.all('grpc_hide_header')]) {
    const [name = ''] = directive.args;
    if (!fieldNamePattern.test(name)) work.ledger.judge(directive, 'refused', 'not the name of a field');
    else {
      work.ledger.judge(directive, 'carried', `headers: response: remove: [${name}]`);
      if (![...remove].some((other) => other.toLowerCase() === name.toLowerCase())) remove.add(name);
    }
  }
  cookieFlags(scope, headers, work);
  const response = {
    ...(add.size > 0 && { add: Object.fromEntries(add) }),
    ...(remove.size > 0 && { remove: [...remove] }),
  };
  return { headers: { ...headers, ...(Object.keys(response).length > 0 && { response }) }, ...(hsts && { hsts }) };
}

/** One of the fields that `headers` has a switch for. */
function asSwitch(directive: Directive, value: string, headers: RouteHeaders, { ledger }: Work): boolean {
  const name = directive.args[0]?.toLowerCase();
  const word = value.trim().toLowerCase();
  if (name === 'x-content-type-options' && word === 'nosniff') {
    headers.nosniff = true;
    ledger.judge(directive, 'carried', 'headers: nosniff: true');
  } else if (name === 'x-frame-options' && (word === 'deny' || word === 'sameorigin')) {
    headers.frames = word === 'deny' ? 'deny' : 'sameOrigin';
    ledger.judge(directive, 'carried', `headers: frames: ${headers.frames}`);
  } else if (name === 'referrer-policy' && policies.test(word)) {
    headers.referrerPolicy = word as NonNullable<RouteHeaders['referrerPolicy']>;
    ledger.judge(directive, 'carried', `headers: referrerPolicy: ${word}`);
  } else return false;
  return true;
}

function addField(directive: Directive, value: string, add: Map<string, string>, { ledger }: Work): void {
  const [name = ''] = directive.args;
  if (/^alt-svc$/i.test(name)) {
    ledger.judge(directive, 'refused', 'there is no HTTP/3: clients must not be sent there');
  } else if (value.includes('$')) {
    ledger.judge(directive, 'refused', `a value that differs from request to request (${value}): the app can say it`);
  } else if (!fieldNamePattern.test(name) || !/^[\x20-\x7e\t]+$/.test(value.trim())) {
    ledger.judge(directive, 'refused', 'not a field of one line of ASCII');
  } else if (
    /^(?:connection|content-length|transfer-encoding|upgrade|keep-alive|te|trailer|expect|proxy-connection|http2-settings)$/i.test(
      name,
    )
  ) {
    ledger.judge(directive, 'refused', 'a field that Sallyport writes itself');
  } else {
    const key = [...add.keys()].find((other) => other.toLowerCase() === name.toLowerCase()) ?? name;
    const before = add.get(key);
    add.set(key, before === undefined ? literal(value.trim()) : `${before}, ${literal(value.trim())}`);
    const always = directive.args[2] === 'always';
    ledger.judge(directive, 'carried', `headers: response: add: ${name}${always ? '' : ', whatever the status'}`);
  }
}

function hstsOf(directive: Directive, value: string, isHttps: boolean, { ledger }: Work): SiteHeaders['hsts'] {
  const seconds = Number(/max-age="?(\d{1,10})/i.exec(value)?.[1] ?? Number.NaN);
  if (!isHttps || Number.isNaN(seconds)) {
    ledger.judge(
      directive,
      'refused',
      isHttps ? 'without a max-age: see headers: hsts' : 'browsers heed it over HTTPS alone',
    );
    return undefined;
  }
  const days = Math.min(9999, Math.floor(seconds / 86_400));
  const includeSubDomains = /includesubdomains/i.test(value);
  const preload = /preload/i.test(value) && includeSubDomains && days >= 365;
  const dropped = /preload/i.test(value) && !preload ? ', without preload, which no list takes like this' : '';
  const maxAge = days > 0 ? `${days}d` : seconds === 0 ? 0 : `${seconds}s`;
  const exact = dropped === '' && (days === 0 || days * 86_400 === seconds);
  ledger.judge(directive, exact ? 'carried' : 'approximated', `headers: hsts: {maxAge: ${maxAge}, …}${dropped}`);
  return { maxAge, ...(includeSubDomains && { includeSubDomains }), ...(preload && { preload }) };
}

/** Cookies that are to be marked Secure. */
function cookieFlags(scope: Scope, headers: RouteHeaders, { ledger }: Work): void {
  for (const directive of [...scope.all('proxy_cookie_flags'), ...scope.all('proxy_cookie_path')]) {
    const words = directive.args.join(' ').toLowerCase();
    const isFlags = directive.name === 'proxy_cookie_flags';
    if (directive.args[0] === 'off') ledger.judge(directive, 'carried');
    else if (/\bsecure\b/.test(words) && (isFlags || /^\/ "?\/;/.test(words))) {
      headers.secureCookies = true;
      const more = /httponly|samesite/.test(words) ? ', no other flags: the app sets them' : '';
      ledger.judge(directive, more === '' ? 'carried' : 'approximated', `headers: secureCookies: true${more}`);
    } else
      ledger.judge(
        directive,
        'refused',
        'cookies pass as the app sets them; with stripPrefix their paths are put right',
      );
  }
}
