import { type HeaderChanges, type HeaderRules, noHeaderRules } from '../../model/site.ts';
import type { Fault } from './fault.ts';
import type { ParsedRouteHeaders } from './headers-schema.ts';
import type { Findings } from './problems.ts';
import type { Path } from './source.ts';

type Direction = 'request' | 'response';
type Change = keyof HeaderChanges;

/**
 * Fields that frame a message or speak for one connection (RFC 9110, section 7.6.1; RFC 9112, section 6): the
 * gateway writes them itself, and a rule about them would break or smuggle messages.
 */
const ownFields = new Set([
  'connection',
  'content-length',
  'expect',
  'http2-settings',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** A field name (RFC 9110 section 5.1). */
export const fieldNamePattern = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

/** Header rules with every name and value looked at; absent ones change nothing. */
export function compileHeaders(headers: ParsedRouteHeaders | undefined, path: Path, findings: Findings): HeaderRules {
  if (headers === undefined) return noHeaderRules;
  const direction = (name: Direction): HeaderChanges => {
    const { set = {}, add = {}, remove = [] } = headers[name] ?? {};
    checkFields(name, 'set', set, [...path, name, 'set'], findings);
    checkFields(name, 'add', add, [...path, name, 'add'], findings);
    for (const [index, fault] of nameFaults(name, 'remove', remove))
      findings.problem([...path, name, 'remove', index], fault);
    return { set: new Map(Object.entries(set)), add: new Map(Object.entries(add)), remove };
  };
  return { request: direction('request'), response: direction('response') };
}

function checkFields(
  direction: Direction,
  change: 'set' | 'add',
  fields: Readonly<Record<string, string>>,
  path: Path,
  findings: Findings,
): void {
  const names = Object.keys(fields);
  for (const [index, fault] of nameFaults(direction, change, names)) {
    findings.problem([...path, names[index] ?? ''], { ...fault, onKey: true });
  }
  for (const [name, value] of Object.entries(fields)) {
    const fault = valueFault(name, value);
    if (fault !== null) findings.problem([...path, name], fault);
  }
}

/** Faults of field names, by index. */
function nameFaults(direction: Direction, change: Change, names: readonly string[]): ReadonlyMap<number, Fault> {
  const faults = new Map<number, Fault>();
  const seen = new Set<string>();
  for (const [index, name] of names.entries()) {
    const fault = nameFault(direction, change, name);
    if (fault !== null) faults.set(index, fault);
    else if (seen.has(name.toLowerCase())) {
      faults.set(index, { what: 'a field named twice', cure: 'Field names do not differ by upper and lower case.' });
    }
    seen.add(name.toLowerCase());
  }
  return faults;
}

function nameFault(direction: Direction, change: Change, name: string): Fault | null {
  if (!fieldNamePattern.test(name)) {
    const didYouMean = name.replace(/[^\w-]/g, '') || undefined;
    return { what: 'not a field name', wanted: 'letters, digits and hyphens, as in X-Frame-Options', didYouMean };
  }
  if (ownFields.has(name.toLowerCase())) {
    return {
      what: 'a field that Sallyport writes itself',
      cure: 'Take it out: it belongs to one connection, not to the message.',
    };
  }
  if (name.toLowerCase() === 'host' && direction === 'request' && change !== 'set') {
    return { what: 'a request needs exactly one Host', cure: 'Write it under set: to give the app another one.' };
  }
  return null;
}

function valueFault(name: string, value: string): Fault | null {
  if (!/^[\x20-\x7e\t]*$/.test(value)) {
    const cure = 'Take out line breaks and control characters; percent-encode letters outside ASCII.';
    return { what: 'a character that cannot stand in a field', wanted: 'one line of printable ASCII', cure };
  }
  if (/^[ \t]|[ \t]$/.test(value)) return { what: 'white space around a value', wanted: 'the value alone' };
  if (name.toLowerCase() === 'host' && !/^(?:[\w.-]+|\[[0-9a-f:.]+\])(?::\d{1,5})?$/i.test(value)) {
    return { what: 'not a Host', wanted: 'a host name, with :port where it is not the usual one' };
  }
  return null;
}

/** The rules of a site with those of its route on top: what the route says about a field replaces what the site says. */
export function mergeHeaderRules(site: HeaderRules, route: HeaderRules): HeaderRules {
  if (route === noHeaderRules) return site;
  return { request: merge(site.request, route.request), response: merge(site.response, route.response) };
}

function merge(site: HeaderChanges, route: HeaderChanges): HeaderChanges {
  const decided = new Set([...route.set.keys(), ...route.remove].map((name) => name.toLowerCase()));
  const undecided = (fields: ReadonlyMap<string, string>): [string, string][] =>
    [...fields].filter(([name]) => !decided.has(name.toLowerCase()));
  const added = new Set([...route.add.keys()].map((name) => name.toLowerCase()));
  return {
    set: new Map([...undecided(site.set), ...route.set]),
    add: new Map([...undecided(site.add).filter(([name]) => !added.has(name.toLowerCase())), ...route.add]),
    remove: [...site.remove.filter((name) => !decided.has(name.toLowerCase())), ...route.remove],
  };
}
