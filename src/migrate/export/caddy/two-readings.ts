import { escapeRegex } from '../common.ts';
import type { PlannedSite } from '../plan.ts';
import { block, plainly } from './quote.ts';

// What some servers drop at the end of a segment, and what they take for its end.
const dropped = '(?:\\.|%2e|%20|\\+)*';
const parameters = '(?:(?:;|%3b)[^/?]*)?';
const slash = '(?:/|\\\\|%(?:25)*(?:2f|5c))';
const end = '(?:;|\\?|#|%(?:25)*(?:3b|3f|23|[01][0-9a-f]|7f)|$)';

/**
 * Refuses paths that Caddy and an app might read in two ways: Caddy looks for its matchers in a path that it has read, the app gets it as it
 * was sent. What some server might take for the path of a place must be written as in the configuration.
 */
export function refuseTwoReadings({ places }: PlannedSite): string[] {
  if (places.length < 2 && places.every(({ auth }) => auth === null)) return [];
  const dots = `(?i)^[^?]*${slash}(\\.|%2e)(\\.|%2e)?(${slash}|;|\\?|$)`;
  return [
    '# Paths that Caddy and an app might read in two ways.',
    `@dots vars_regexp {http.request.orig_uri} ${plainly(dots)}`,
    'respond @dots 400',
    ...places.flatMap(({ path }, index) => {
      if (path === '/') return [];
      const like = `(?i)^${looseSegments(path)}${dropped}(?:${slash}|${end})`;
      const name = `@like_place_${index + 1}`;
      return [
        ...block(name, [
          `vars_regexp {http.request.orig_uri} ${plainly(like)}`,
          `not vars_regexp {http.request.orig_uri} ${plainly(`^${literal(path)}(?:/|\\?|$)`)}`,
        ]),
        `respond ${name} 400`,
      ];
    }),
  ];
}

/** The path as it stands; the digits of what is encoded may be of either case. */
function literal(path: string): string {
  return escapeRegex(path).replaceAll(/%[0-9a-f]{2}/gi, '(?i:$&)');
}

/** A pattern of whatever some server might take for this path, without its end: in any case, encoded once or more. */
function looseSegments(path: string): string {
  const segments = path.split('/').slice(1);
  return segments
    .map((segment) => {
      const letters = segment.match(/%[0-9a-f]{2}|./gi) ?? [];
      return `${slash}+${letters.map(looseLetter).join('')}`;
    })
    .join(`${dropped}${parameters}`);
}

function looseLetter(letter: string): string {
  if (letter.length > 1) return `%(?:25)*${letter.slice(1)}`;
  return `(?:${escapeRegex(letter)}|%(?:25)*${letter.charCodeAt(0).toString(16).padStart(2, '0')})`;
}
