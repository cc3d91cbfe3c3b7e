/**
 * How servers of different habits cut one stream of bytes into requests. Written apart from the gate's own reader, and careless on
 * purpose: what all of these read alike is not ambiguous.
 */
export interface SplitMessage {
  /** Method, target and version as sent. */
  readonly line: string;
  /** Field lines in lower case, white space around values removed. */
  readonly fields: readonly string[];
  /** Chunks joined. */
  readonly body: string;
  /** Offset behind it. */
  readonly end: number;
}

interface Habits {
  /** Lines may end in LF, or CR, alone. */
  readonly lineEnd: RegExp;
  /** Content-Length counts where both are there. */
  readonly lengthFirst: boolean;
  /** What makes a body chunked. */
  readonly chunked: RegExp;
  /** `_` in a name is taken for `-`, and space before the colon ignored. */
  readonly loose: boolean;
}

const habits: Readonly<Record<string, Habits>> = {
  'strict about lines, Transfer-Encoding first': {
    lineEnd: /\r\n/,
    lengthFirst: false,
    chunked: /^chunked$/i,
    loose: false,
  },
  'strict about lines, Content-Length first': {
    lineEnd: /\r\n/,
    lengthFirst: true,
    chunked: /^chunked$/i,
    loose: false,
  },
  'any line end, chunked anywhere': { lineEnd: /\r\n|\n|\r/, lengthFirst: false, chunked: /chunked/i, loose: true },
  'any line end, Content-Length first': { lineEnd: /\r\n|\n/, lengthFirst: true, chunked: /chunked/i, loose: true },
};

/** The requests of `bytes`, whole ones only; `rest` bytes are left. */
function split(text: string, habit: Habits): { messages: SplitMessage[]; rest: number } {
  const messages: SplitMessage[] = [];
  let at = 0;
  while (at < text.length) {
    const message = readOne(text, at, habit);
    if (message === null) break;
    messages.push(message);
    at = message.end;
  }
  return { messages, rest: text.length - at };
}

function readOne(text: string, start: number, habit: Habits): SplitMessage | null {
  const ends = new RegExp(habit.lineEnd, 'g');
  const lines: string[] = [];
  let at = start;
  for (;;) {
    ends.lastIndex = at;
    const match = ends.exec(text);
    if (match === null) return null;
    const line = text.slice(at, match.index);
    at = match.index + match[0].length;
    if (line === '' && lines.length > 0) break;
    if (line !== '') lines.push(line);
  }
  const [line = '', ...rest] = lines;
  const fields = rest.map((field) => normal(field, habit));
  const body = readBody(text, at, fields, habit);
  return body === null ? null : { line, fields, ...body };
}

function normal(field: string, { loose }: Habits): string {
  const colon = field.indexOf(':');
  const name = field.slice(0, colon).toLowerCase();
  return `${loose ? name.trim().replaceAll('_', '-') : name}: ${field.slice(colon + 1).trim()}`;
}

function valueIn(fields: readonly string[], name: string): string | undefined {
  return fields.find((field) => field.startsWith(`${name}: `))?.slice(name.length + 2);
}

function readBody(
  text: string,
  start: number,
  fields: readonly string[],
  habit: Habits,
): { body: string; end: number } | null {
  const coding = valueIn(fields, 'transfer-encoding');
  const length = valueIn(fields, 'content-length');
  const chunked = coding !== undefined && habit.chunked.test(coding) && !(habit.lengthFirst && length !== undefined);
  if (chunked) return readChunks(text, start, habit);
  const count = Number.parseInt(length ?? '0', 10) || 0;
  return start + count > text.length ? null : { body: text.slice(start, start + count), end: start + count };
}

function readChunks(text: string, start: number, { lineEnd }: Habits): { body: string; end: number } | null {
  const ends = new RegExp(lineEnd, 'g');
  const line = (from: number): { text: string; end: number } | null => {
    ends.lastIndex = from;
    const match = ends.exec(text);
    return match === null ? null : { text: text.slice(from, match.index), end: match.index + match[0].length };
  };
  let body = '';
  let at = start;
  for (;;) {
    const size = line(at);
    if (size === null) return null;
    const count = Number.parseInt(size.text, 16) || 0;
    at = size.end;
    if (count === 0) break;
    body += text.slice(at, at + count);
    const end = line(at + count);
    if (end === null) return null;
    at = end.end;
  }
  for (;;) {
    const trailer = line(at);
    if (trailer === null) return null;
    at = trailer.end;
    if (trailer.text === '') return { body, end: at };
  }
}

/** The requests in what one connection of an app received, and in which two readers differ about it; '' when none do. */
export function judge(bytes: Buffer): { messages: readonly SplitMessage[]; rest: number; ambiguity: string } {
  const text = bytes.toString('latin1');
  const [[, first], ...others] = Object.entries(habits) as [[string, Habits], ...[string, Habits][]];
  const { messages, rest } = split(text, first);
  const shape = (list: readonly SplitMessage[]): string =>
    JSON.stringify(list.map(({ line, body, end }) => [line, body, end]));
  const different = others.find(([, habit]) => shape(split(text, habit).messages) !== shape(messages));
  return { messages, rest, ambiguity: different === undefined ? '' : different[0] };
}
