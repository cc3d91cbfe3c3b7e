/**
 * A second opinion: a reader as careless servers have it, made of splits and regular expressions, sharing nothing with
 * the real one. It takes any line end, joins folded lines, trims every kind of white space, takes `_` for `-` in names
 * and finds `chunked` anywhere. What the strict reader accepts, even this one must read the same way.
 */
export interface NaiveHead {
  readonly start: readonly string[];
  /** Every field as `name=value`. */
  readonly fields: readonly string[];
  readonly framing: 'none' | 'chunked' | 'both' | `length ${string}`;
  /** Where the body begins. */
  readonly end: number;
}

/** Reads a head, or returns null where nothing looks like one. */
export function naiveHead(text: string): NaiveHead | null {
  const skipped = /^[\r\n]*/.exec(text)?.[0].length ?? 0;
  const blank = /(?:\r\n|\n|\r(?!\n)){2}/.exec(text.slice(skipped));
  if (blank === null) return null;
  const lines: string[] = [];
  for (const line of text.slice(skipped, skipped + blank.index).split(/\r\n|\n|\r/)) {
    if (/^\s/.test(line) && lines.length > 1) lines[lines.length - 1] += line;
    else lines.push(line);
  }
  const pairs = lines.slice(1).map((line) => {
    const colon = line.indexOf(':');
    return [trimmed(line.slice(0, colon)), trimmed(line.slice(colon + 1))] as const;
  });
  return {
    start: trimmed(lines[0] ?? '').split(/[ \t]+/),
    fields: pairs.map(([name, value]) => `${name}=${value}`),
    framing: framingOf(pairs),
    end: skipped + blank.index + blank[0].length,
  };
}

function framingOf(pairs: readonly (readonly [string, string])[]): NaiveHead['framing'] {
  const all = (wanted: string) =>
    pairs.filter(([name]) => name.toLowerCase().replaceAll('_', '-') === wanted).map(([, value]) => value);
  const codings = all('transfer-encoding');
  if (codings.length > 0 && all('content-length').length > 0) return 'both';
  if (codings.some((value) => /chunked/i.test(value))) return 'chunked';
  const lengths = new Set(
    all('content-length').flatMap((value) => value.split(',').map((part) => Number.parseInt(part, 10))),
  );
  return lengths.size === 0 ? 'none' : `length ${[...lengths].join(' or ')}`;
}

function trimmed(text: string): string {
  return text.replace(/^[\0-\x20]+|[\0-\x20]+$/g, '');
}

/** Decodes a chunked body, or returns null where it ends too early. */
export function naiveChunks(text: string): { data: string; end: number } | null {
  let data = '';
  let at = 0;
  for (;;) {
    const line = /^([^\n]*)\n/.exec(text.slice(at));
    const size = Number.parseInt(line?.[1] ?? '', 16);
    if (line === null || Number.isNaN(size)) return null;
    at += line[0].length;
    if (size === 0) break;
    data += text.slice(at, at + size);
    at += size;
    at += /^\r?\n?/.exec(text.slice(at))?.[0].length ?? 0;
    if (at > text.length) return null;
  }
  const blank = /^(?:[^\n]*[^\r\n]\r?\n)*\r?\n/.exec(text.slice(at));
  return blank === null ? null : { data, end: at + blank[0].length };
}
