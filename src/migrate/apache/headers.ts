import { fieldNamePattern } from '../../control/config/header-rules.ts';
import type { Directive } from './directive.ts';
import { dynamicNote, ownField } from './header-values.ts';
import type { Ledger } from './ledger.ts';

interface Changes {
  readonly set: Map<string, string>;
  readonly add: Map<string, string>;
  readonly remove: Map<string, string>;
}

type Fields = { [name: string]: string };

/** Changes of one direction, as `sallyport.yaml` has them. */
interface FieldRules {
  set?: Fields;
  add?: Fields;
  remove?: string[];
}

/** `headers` of a site or route. */
export interface HeadersConfig {
  hsts?: true | { maxAge: string; includeSubDomains?: boolean; preload?: boolean };
  secureCookies?: boolean;
  request?: FieldRules;
  response?: FieldRules;
}

export interface HeaderContext {
  /** Whether the host is reached by HTTPS. */
  readonly secure: boolean;
  readonly names: readonly string[];
}

/** What `Header` and `RequestHeader` come to, in the order in which Apache applies them. */
export function headersOf(directives: readonly Directive[], context: HeaderContext, ledger: Ledger): HeadersConfig {
  const rules = new HeaderRules(context, ledger);
  for (const one of directives) {
    if (one.key === 'header') rules.response(one);
    if (one.key === 'requestheader') rules.request(one);
  }
  return rules.config();
}

const by = 'Sallyport does this by itself';
const ownFields =
  /^(?:connection|content-length|expect|http2-settings|keep-alive|proxy-connection|te|trailer|transfer-encoding|upgrade)$/i;

class HeaderRules {
  readonly #context: HeaderContext;
  readonly #ledger: Ledger;
  readonly #request = noChanges();
  readonly #response = noChanges();
  #hsts: HeadersConfig['hsts'];
  #secureCookies = false;

  constructor(context: HeaderContext, ledger: Ledger) {
    this.#context = context;
    this.#ledger = ledger;
  }

  response(one: Directive): void {
    const words = [...one.words];
    if (/^(?:always|onsuccess)$/i.test(words[0] ?? '')) words.shift();
    const [action = '', name = '', ...rest] = words;
    const value = rest[0] ?? '';
    if (
      name.toLowerCase() === 'strict-transport-security' &&
      action.toLowerCase() === 'set' &&
      this.#strict(one, value)
    )
      return;
    if (/^set-cookie$/i.test(name) && /BALANCER_WORKER_ROUTE/.test(value)) {
      this.#ledger.carried(one, `${by}: balance: {cookie: …}`);
    } else if (/^edit\*?$/i.test(action)) this.#edit(one, name, rest);
    else this.#change(one, action, name, rest, this.#response);
  }

  request(one: Directive): void {
    const [action = '', name = '', ...rest] = one.words;
    const known = ownField(name, rest[0] ?? '', this.#context);
    if (known && /^(?:set|append|add|merge)$/i.test(action)) this.#ledger.carried(one, `${by}: ${known}`);
    else this.#change(one, action, name, rest, this.#request);
  }

  config(): HeadersConfig {
    const request = written(this.#request);
    const response = written(this.#response);
    return {
      ...(this.#hsts && { hsts: this.#hsts }),
      ...(this.#secureCookies && { secureCookies: true }),
      ...(request && { request }),
      ...(response && { response }),
    };
  }

  #change(one: Directive, action: string, written: string, rest: readonly string[], changes: Changes): void {
    const name = written.replace(/:$/, '');
    const kind = action.toLowerCase();
    const value = (rest[0] ?? '').replace(/%%/g, '%');
    const refusal = this.#refusal(name, kind, rest);
    if (refusal !== '') return this.#ledger.refused(one, refusal);
    const key = name.toLowerCase();
    if (ownFields.test(name)) return this.#ledger.carried(one, `${by}: fields of the connection are its own`);
    if (kind === 'unset') {
      changes.set.delete(key);
      changes.add.delete(key);
      changes.remove.set(key, name);
      return this.#ledger.carried(one);
    }
    if (kind === 'set') {
      changes.add.delete(key);
      changes.remove.delete(key);
      changes.set.set(key, `${name}\n${value}`);
      return this.#ledger.carried(one);
    }
    if (changes.add.has(key))
      return this.#ledger.refused(one, `headers: add has one field of a name: put both values into one ${name}`);
    changes.add.set(key, `${name}\n${value}`);
    if (kind === 'add') return this.#ledger.carried(one);
    this.#ledger.approximated(one, 'added as a field of its own');
  }

  /** Why a change cannot be carried; '' when it can. */
  #refusal(name: string, kind: string, rest: readonly string[]): string {
    const condition = rest.slice(kind === 'unset' ? 0 : 1).find((word) => /^(?:env|expr)=/i.test(word));
    if (condition) return 'header rules have no conditions: let the app set the field, or take the condition out';
    if (!/^(?:set|add|append|merge|unset)$/.test(kind))
      return `header rules set, add and remove fields: let the app do what ${kind} does`;
    if (!fieldNamePattern.test(name.replace(/:$/, ''))) return 'not the name of a field';
    if (kind === 'unset') return '';
    const dynamic = dynamicNote(rest[0] ?? '', name);
    if (dynamic !== '') return dynamic;
    const value = rest[0] ?? '';
    return /^[\x20-\x7e\t]*$/.test(value) && value.trim() === value
      ? ''
      : 'values are printable ASCII without white space around them';
  }

  #edit(one: Directive, name: string, [pattern = '', replacement = '']: readonly string[]): void {
    if (/^set-cookie$/i.test(name) && /;\s*secure/i.test(replacement)) {
      this.#secureCookies = true;
      const more = /httponly|samesite/i.test(replacement) ? '; HttpOnly and SameSite are the app’s to say' : '';
      this.#ledger.judge(one, more === '' ? 'carried' : 'approximated', `headers: {secureCookies: true}${more}`);
    } else if (/^(?:location|destination)$/i.test(name) && /^\^?http:/i.test(pattern) && /^https:/i.test(replacement)) {
      this.#ledger.carried(one, `${by}: redirects to the app's own address come back with the public one`);
    } else this.#ledger.refused(one, 'header rules set, add and remove fields: let the app do what edit does');
  }

  /** HSTS has a switch of its own; false for a value that it has not. */
  #strict(one: Directive, value: string): boolean {
    if (!this.#context.secure) {
      this.#ledger.carried(one, 'not in force: browsers heed it over HTTPS alone');
      return true;
    }
    const match = /^max-age=["]?(\d{1,10})["]?((?:\s*;\s*(?:includeSubDomains|preload)?)*)\s*$/i.exec(value);
    const seconds = Number(match?.[1] ?? '');
    if (!match || seconds % 86_400 !== 0 || seconds > 9999 * 86_400) return false;
    const includeSubDomains = /includeSubDomains/i.test(match[2] ?? '');
    const preload = /preload/i.test(match[2] ?? '');
    if (preload && !(includeSubDomains && seconds >= 365 * 86_400)) return false;
    const more = { ...(includeSubDomains && { includeSubDomains }), ...(preload && { preload }) };
    this.#hsts = { maxAge: `${seconds / 86_400}d`, ...more };
    this.#response.set.delete('strict-transport-security');
    this.#ledger.carried(one, 'headers: hsts');
    return true;
  }
}

function noChanges(): Changes {
  return { set: new Map(), add: new Map(), remove: new Map() };
}

function written({ set, add, remove }: Changes): FieldRules | null {
  if (set.size + add.size + remove.size === 0) return null;
  const fields = (map: ReadonlyMap<string, string>): Fields =>
    Object.fromEntries(
      [...map.values()].map((text) => [text.slice(0, text.indexOf('\n')), text.slice(text.indexOf('\n') + 1)]),
    );
  return {
    ...(set.size > 0 && { set: fields(set) }),
    ...(add.size > 0 && { add: fields(add) }),
    ...(remove.size > 0 && { remove: [...remove.values()] }),
  };
}
