import fc from 'fast-check';

const tokenOctets = [..."!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"];
const printable = Array.from({ length: 0x7f - 0x21 }, (_, i) => String.fromCharCode(0x21 + i));
const valueOctets = [...printable, ' ', '\t', '\x80', '\xa0', '\xff'];

function text(octets: readonly string[], minLength: number, maxLength: number): fc.Arbitrary<string> {
  return fc.array(fc.constantFrom(...octets), { minLength, maxLength }).map((parts) => parts.join(''));
}

export const method = fc
  .oneof(fc.constantFrom('GET', 'POST', 'OPTIONS', 'get'), text(tokenOctets, 1, 32))
  .filter((word) => word !== 'CONNECT');

export const target = text([...printable.filter((octet) => octet !== '#'), '?', '/', '\xff'], 0, 40).map(
  (rest) => `/${rest}`,
);

/** Fields that mean nothing to the gate, as name and value without white space around it. */
export const plainFields = fc.array(
  fc.tuple(
    text(tokenOctets, 0, 20).map((rest) => `q${rest}`),
    text(valueOctets, 0, 40).map((value) => value.replace(/^[ \t]+|[ \t]+$/g, '')),
  ),
  { maxLength: 10 },
);

export const whiteSpace = text([' ', '\t'], 0, 3);

/** The field line that frames a body, and what the reader should make of it. */
export const framing = fc.oneof(
  fc.constant({ line: '', body: 'none' as const }),
  fc.constant({ line: 'Transfer-Encoding: chunked\r\n', body: 'chunked' as const }),
  fc.nat().map((length) => ({ line: `content-length: ${length}\r\n`, body: length })),
);

/** Octets and words that readers trip over. */
const spice = [
  '\r',
  '\n',
  '\r\n',
  '\r\n\r\n',
  ' ',
  '\t',
  '\0',
  '\x0b',
  '\x7f',
  '\xff',
  ':',
  ',',
  ';',
  '"',
  '_',
  '0',
  '#',
  '@',
  'chunked',
  'Content-Length: 5',
  '0\r\n\r\n',
];

/** Turns a message into one with a few octets removed, replaced, inserted or repeated. */
export const mutation: fc.Arbitrary<(message: string) => string> = fc
  .array(
    fc.record({
      at: fc.double({ min: 0, max: 1, noNaN: true }),
      removed: fc.constantFrom(0, 0, 1, 1, 2, 8),
      repeated: fc.constantFrom(0, 0, 0, 1, 12),
      added: fc.oneof(
        fc.constant(''),
        fc.constantFrom(...spice),
        fc.nat(255).map((octet) => String.fromCharCode(octet)),
      ),
    }),
    { minLength: 1, maxLength: 4 },
  )
  .map((edits) => (message: string) => {
    let text = message;
    for (const { at, removed, repeated, added } of edits) {
      const from = Math.floor(at * text.length);
      text = text.slice(0, from) + added + text.slice(from, from + repeated) + text.slice(from + removed);
    }
    return text;
  });

/** Runs of each property; more are worth it after a change to a reader. */
export const runs = Number(process.env.FUZZ_RUNS ?? 1500);
