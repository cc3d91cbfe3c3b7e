import type { HeadersConfig } from './headers.ts';

type Changes = NonNullable<HeadersConfig['request']>;

/** What several routes say of fields, taken apart: what they all say, for their site, and what is left to each. */
interface Shared {
  readonly common: HeadersConfig | undefined;
  readonly rest: readonly (HeadersConfig | undefined)[];
}

/** HSTS always becomes the site's: browsers remember it for a whole name. */
export function shareHeaders(all: readonly (HeadersConfig | undefined)[]): Shared {
  const hsts = all.find((headers) => headers?.hsts)?.hsts;
  const secureCookies = all.every((headers) => headers?.secureCookies);
  const request = shareChanges(all.map((headers) => headers?.request));
  const response = shareChanges(all.map((headers) => headers?.response));
  const common = filled({
    ...(hsts && { hsts }),
    ...(secureCookies && { secureCookies }),
    ...(request.common && { request: request.common }),
    ...(response.common && { response: response.common }),
  });
  const rest = all.map((headers, index) => {
    const [ownRequest, ownResponse] = [request.rest[index], response.rest[index]];
    return filled({
      ...(headers?.secureCookies && !secureCookies && { secureCookies: true }),
      ...(ownRequest && { request: ownRequest }),
      ...(ownResponse && { response: ownResponse }),
    });
  });
  return { common, rest };
}

function shareChanges(all: readonly (Changes | undefined)[]): {
  common: Changes | undefined;
  rest: (Changes | undefined)[];
} {
  const entries = all.map(entriesOf);
  const [first = [], ...others] = entries;
  const inAll = first.filter((entry) => others.every((list) => list.includes(entry)));
  // A field that some route treats in two ways stays with the routes: their rules come on top of the site's.
  const names = (list: readonly string[]): string[] => list.map((entry) => (entry.split('\n')[1] ?? '').toLowerCase());
  const twice = (name: string): boolean => entries.some((list) => names(list).filter((one) => one === name).length > 1);
  const shared = new Set(inAll.filter((entry) => !twice(names([entry])[0] ?? '')));
  return {
    common: changesOf([...shared]),
    rest: entries.map((list) => changesOf(list.filter((entry) => !shared.has(entry)))),
  };
}

function entriesOf(changes: Changes | undefined): string[] {
  const fields = (kind: 'set' | 'add'): string[] =>
    Object.entries(changes?.[kind] ?? {}).map(([name, value]) => `${kind}\n${name}\n${value}`);
  return [...fields('set'), ...fields('add'), ...(changes?.remove ?? []).map((name) => `remove\n${name}`)];
}

function changesOf(entries: readonly string[]): Changes | undefined {
  const parts = entries.map((entry) => entry.split('\n'));
  const fields = (kind: string): { [name: string]: string } | undefined =>
    filled(Object.fromEntries(parts.filter(([one]) => one === kind).map(([, name = '', value = '']) => [name, value])));
  const remove = parts.filter(([kind]) => kind === 'remove').map(([, name = '']) => name);
  const [set, add] = [fields('set'), fields('add')];
  return filled({ ...(set && { set }), ...(add && { add }), ...(remove.length > 0 && { remove }) });
}

function filled<Value extends object>(value: Value): Value | undefined {
  return Object.keys(value).length > 0 ? value : undefined;
}
