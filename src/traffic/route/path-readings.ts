/** Readings of one path above which it is not worth while to find out what it means. */
const mostReadings = 64;
/** The same for the characters of all its readings together. */
const mostCharacters = 64 * 1024;

/** What some server does to a path before it looks for a route. Each is also done to the outcome of the others, in any order. */
const steps: readonly ((path: string) => string)[] = [
  decodePercents,
  decodeWidePercents,
  decodeLetters,
  (path) => path.replaceAll('\\', '/'),
  // Tomcat, Jetty: parameters of a segment (RFC 3986 §3.3).
  (path) => path.replace(/;[^/]*/g, ''),
  // What ends a path for whoever decodes before splitting, or for C.
  (path) => path.replace(/(?:[^\x20-\x7e\x80-\uffff]|[?#]).*$/s, ''),
  (path) => path.replace(/[^\x20-\x7e\x80-\uffff]/g, ''),
  // A URL parser that is given `//name/path` takes the name for a host (RFC 3986 §4.2).
  (path) => (path.startsWith('//') ? path.replace(/^\/{2,}[^/]*/, '') : path),
];

/**
 * Every way in which known servers and frameworks may read a path, itself first: percent-decoded once, twice, …; `\` as `/`;
 * without `;parameters`; cut off at what looks like a query or at a control character; without dots and spaces
 * behind segments; empty segments merged; overlong UTF-8 and compatibility letters (`．`, `／`) as what they stand
 * for. Null when some reading has a dot segment, or when there are too many: nobody can tell where such a path leads.
 */
export function readingsOf(path: string): readonly string[] | null {
  if (hasDotSegment(path)) return null;
  const readings = [path];
  const known = new Set(readings);
  let characters = path.length;
  for (let next = 0; next < readings.length; next++) {
    for (const step of steps) {
      const reading = step(readings[next]!);
      if (known.has(reading)) continue;
      if (hasDotSegment(reading)) return null;
      characters += reading.length;
      if (readings.length >= mostReadings || characters > mostCharacters) return null;
      known.add(reading);
      readings.push(reading);
    }
  }
  return readings.flatMap(withShorterForms);
}

/** A reading, and what is left of it where empty segments are merged, and where dots and spaces behind segments go. No step makes more of either. */
function withShorterForms(reading: string): string[] {
  const merged = mergeSlashes(reading);
  const trimmed = mergeSlashes(trimSegments(reading));
  return merged === reading && trimmed === reading ? [reading] : [reading, merged, trimmed];
}

function mergeSlashes(path: string): string {
  return path.includes('//') ? path.replace(/\/{2,}/g, '/') : path;
}

/** A segment `.` or `..`, which servers resolve (RFC 3986 §5.2.4); Windows does so with spaces behind it, too. */
function hasDotSegment(path: string): boolean {
  return /(?:^|[/\\])\.{1,2}(?:[/\\;]|[ +]|$)/.test(path);
}

/** `%XX`; what is no escape stays. An octet a character. */
function decodePercents(path: string): string {
  if (!path.includes('%')) return path;
  return path.replace(/%([0-9a-f]{2})/gi, (_whole, octet: string) => String.fromCharCode(Number.parseInt(octet, 16)));
}

/** `%uXXXX`, which IIS alone knows. An octet a character. */
function decodeWidePercents(path: string): string {
  if (!path.includes('%u') && !path.includes('%U')) return path;
  return path.replace(/%u([0-9a-f]{4})/gi, (_whole, wide: string) => {
    const code = Number.parseInt(wide, 16);
    return code < 0x100 ? String.fromCharCode(code) : Buffer.from(String.fromCharCode(code), 'utf8').toString('latin1');
  });
}

/** Octets as the letters they stand for in UTF-8, overlong forms and compatibility letters as their ASCII (Unicode NFKC). */
function decodeLetters(path: string): string {
  if (!/[\x80-\uffff]/.test(path)) return path;
  const shortened = path.replace(
    /[\xc0\xc1][\x80-\xbf]|\xe0[\x80\x81][\x80-\xbf]|\xf0\x80[\x80\x81][\x80-\xbf]/g,
    (form) => {
      const code = ((form.charCodeAt(form.length - 2) & 0x1f) << 6) | (form.charCodeAt(form.length - 1) & 0x3f);
      return String.fromCharCode(code & 0x7f);
    },
  );
  const text = Buffer.from(shortened, 'latin1').toString('utf8').normalize('NFKC');
  return text.replace(/[\u2044\u2215\u29f8]/g, '/').replace(/[\u2216\u29f5]/g, '\\');
}

/** Dots, spaces and `+` behind a segment, which file systems of Windows and some decoders leave out. */
function trimSegments(path: string): string {
  if (!/[. +](?:\/|$)/.test(path)) return path;
  return path
    .split('/')
    .map((segment) => {
      let end = segment.length;
      while (end > 0 && '. +'.includes(segment[end - 1]!)) end--;
      return segment.slice(0, end);
    })
    .join('/');
}

const letter = 1;
const capital = 2;
const kind = new Uint8Array(128);
for (const character of "abcdefghijklmnopqrstuvwxyz0123456789_~!$&'()*,=:@-") kind[character.charCodeAt(0)] = letter;
for (const character of 'ABCDEFGHIJKLMNOPQRSTUVWXYZ') kind[character.charCodeAt(0)] = capital;
const slash = 0x2f;
const dot = 0x2e;
const plus = 0x2b;

/**
 * How much there is to a path. `same`: all servers read it alike; it has only small letters, digits and marks without a meaning, and
 * no empty segment. `loose`: some may not mind its capitals, or what stands behind a dot. `readings`: see {@link readingsOf}.
 */
export function natureOf(path: string): 'same' | 'loose' | 'readings' {
  let before = 0;
  let loose = false;
  for (let i = 0; i < path.length; i++) {
    const code = path.charCodeAt(i);
    if (code === slash) {
      if (before === slash || before === dot || before === plus) return 'readings';
    } else if (code === dot || kind[code] === capital) {
      loose = true;
    } else if (code !== plus && kind[code] !== letter) {
      return 'readings';
    }
    before = code;
  }
  if (before === dot || before === plus) return 'readings';
  return loose ? 'loose' : 'same';
}
