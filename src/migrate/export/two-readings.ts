import { escapeRegex } from './common.ts';

/**
 * Patterns of paths that a server and an app might read in two ways: the server looks for the place of a path in what it has read of it, the
 * app gets it as it was sent. What some app might take for the path of a place must be written as in the configuration.
 */

// What some servers drop at the end of a segment, and what they take for its end.
const dropped = '(?:\\.|%2e|%20|\\+)*';
const parameters = '(?:(?:;|%3b)[^/?]*)?';
const slash = '(?:/|\\\\|%(?:25)*(?:2f|5c))';
const encodedEnd = '%(?:25)*(?:3b|3f|23|[01][0-9a-f]|7f)';

/** Where a path is over: its query, or the end of the text. */
const pathEnd = '\\?|$';

/** Of a dot segment, however it is written; for patterns that do not tell cases apart. `over` is what stands behind a path. */
export function dotSegment(over = pathEnd): string {
  return `${slash}(?:\\.|%2e)(?:\\.|%2e)?(?:${slash}|;|${over})`;
}

/** Of the path as it stands, to its end or a slash; the digits of what is encoded may be of either case. */
export function asWritten(path: string, over = pathEnd): string {
  return `${escapeRegex(path).replaceAll(/%[0-9a-f]{2}/gi, '(?i:$&)')}(?:/|${over})`;
}

/** Of whatever some app might take for this path or one below it: in any case, encoded once or more; for patterns that do not tell cases apart. */
export function somehowWritten(path: string, over = pathEnd): string {
  return `${looseSegments(path)}${dropped}(?:${slash}|;|#|${encodedEnd}|${over})`;
}

/** Of what might be taken for this path but is not written so, in the language of PCRE; for patterns that tell cases apart. */
export function mistakable(path: string, over = pathEnd): string {
  return `(?!${asWritten(path, over)})(?i:${somehowWritten(path, over)})`;
}

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
