import { escapeRegex } from '../common.ts';
import { mistakable } from '../two-readings.ts';
import type { NamedPlace } from './layout.ts';
import { chunked, word } from './quote.ts';

/** The lines that find the place of a path: whole segments, the longest one that fits. */
export function placeLines(site: string, places: readonly NamedPlace[]): string[] {
  const mine = `{ var(txn.site) -m str ${site} }`;
  const [only] = places;
  if (places.length === 1 && only?.place.path === '/')
    return [`http-request set-var(txn.place) str(${only.id}) if ${mine}`];
  const closed = places.filter(isGuarded);
  const guarded = closed.map(({ id }) => id);
  const found = [...places].reverse().flatMap((one) => findLines(one, mine, guarded.length > 0));
  const refuse = `http-request deny deny_status 400 if ${mine} { var(txn.place) -m found }`;
  return [
    '# A path that HAProxy and an app might read in two ways leads nowhere.',
    `http-request set-var(txn.read) 'path,url_dec,regsub("\\\\\\\\","/",g),regsub(";[^/]*","",g),regsub("/+","/",g)' if ${mine}`,
    ...['place', 'reading', 'loose'].map((name) => `http-request set-var(txn.${name}) str(none) if ${mine}`),
    ...found,
    `http-request unset-var(txn.place) if ${mine} { var(txn.place) -m str none }`,
    `${refuse} !{ var(txn.read) -m found }`,
    `${refuse} { var(txn.read) -m reg '(^|/)\\.\\.?(/|$)' }`,
    `${refuse} !{ var(txn.place),strcmp(txn.reading) eq 0 }`,
    ...chunked(guarded).map(
      (some) => `${refuse} !{ var(txn.place),strcmp(txn.loose) eq 0 } { var(txn.loose) -m str ${some.join(' ')} }`,
    ),
    ...closed.flatMap(({ place: { path } }) =>
      path === '/' ? [] : [`${refuse} { path -m reg ${word(`^${mistakable(path)}`)} }`],
    ),
  ];
}

/** Whether requests for a place are asked for something. */
function isGuarded({ place: { auth, route } }: NamedPlace): boolean {
  return auth !== null || (route.access !== undefined && Object.keys(route.access).length > 0);
}

function findLines({ id, place }: NamedPlace, mine: string, looks: boolean): string[] {
  const path = place.path.replace(/\/+$/, '');
  const set = (variable: string, condition: string): string =>
    `http-request set-var(txn.${variable}) str(${id}) if ${mine}${condition}`;
  if (path === '') return ['place', 'reading', ...(looks ? ['loose'] : [])].map((variable) => set(variable, ''));
  const read = decoded(path);
  return [
    `acl ${id} path ${word(path)}`,
    `acl ${id} path_beg ${word(`${path}/`)}`,
    `acl ${id}_read var(txn.read) -m str ${word(read)}`,
    `acl ${id}_read var(txn.read) -m beg ${word(`${read}/`)}`,
    set('place', ` ${id}`),
    set('reading', ` ${id}_read`),
    // Some apps do not mind case, or take .json for the wanted format.
    ...(looks
      ? [
          `acl ${id}_loose var(txn.read) -m reg -i ${word(`^${escapeRegex(read)}(/|\\.[^./]*$|$)`)}`,
          set('loose', ` ${id}_loose`),
        ]
      : []),
  ];
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}
