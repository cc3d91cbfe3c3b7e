import type { Case, Refusal } from './case.ts';

/** What a good body decodes to. */
export interface ChunkedMeaning {
  readonly data: string;
  /** Every trailer as `name=value`; none when left out. */
  readonly trailers?: readonly string[];
  /** What follows the body; nothing when left out. */
  readonly behind?: string;
}

type ChunkedCase = Case<ChunkedMeaning>;

/** Limits that these cases count on. */
export const chunkedLimits = { trailers: 4, trailerBytes: 64 } as const;

function good(
  section: string,
  name: string,
  bytes: string,
  data: string,
  more: Omit<ChunkedMeaning, 'data'> = {},
): ChunkedCase {
  return { section, name, bytes, wanted: { data, ...more } };
}

function bad(section: string, name: string, bytes: string, wanted: Refusal): ChunkedCase {
  return { section, name, bytes, wanted };
}

/** A body of one chunk whose size line is this. */
function sized(line: string): string {
  return `${line}\r\nabcde\r\n0\r\n\r\n`;
}

/** A body of one chunk with these trailers. */
function trailed(...lines: string[]): string {
  return ['1', 'a', '0', ...lines, '', ''].join('\r\n');
}

const hex = 'abcdefghijklmnopqrstuvwxyz';

const sizes: ChunkedCase[] = [
  good('7.1', 'an empty body', '0\r\n\r\n', ''),
  good('7.1', 'one chunk', sized('5'), 'abcde'),
  good('7.1', 'two chunks', '3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n', 'abcde'),
  good('7.1', 'a hexadecimal size', `1a\r\n${hex}\r\n0\r\n\r\n`, hex),
  good('7.1', 'a hexadecimal size in upper case', `1A\r\n${hex}\r\n0\r\n\r\n`, hex),
  good('7.1', 'leading zeros', sized('0005'), 'abcde'),
  good('7.1', '13 digits', sized('0000000000005'), 'abcde'),
  good('7.1', 'a last chunk of many zeros', '000\r\n\r\n', ''),
  good('7.1', 'data that looks like a last chunk', '7\r\n\r\n0\r\n\r\n\r\n0\r\n\r\n', '\r\n0\r\n\r\n'),
  good(
    '7.1',
    'data of every octet',
    `100\r\n${String.fromCharCode(...Array(256).keys())}\r\n0\r\n\r\n`,
    String.fromCharCode(...Array(256).keys()),
  ),
  good('7.1', 'a request behind the body', '0\r\n\r\nGET / HTTP/1.1\r\n', '', { behind: 'GET / HTTP/1.1\r\n' }),
  good('7.1', 'a line end behind the body', '0\r\n\r\n\r\n', '', { behind: '\r\n' }),
  good('7.1', 'padding behind the size', sized('5  \t '), 'abcde'),
  bad('7.1', '14 digits', sized('00000000000005'), 'badChunkSize'),
  bad('7.1', '17 digits: 2^64', sized('10000000000000000'), 'badChunkSize'),
  bad('7.1', '17 digits: 2^64 + 5', sized('10000000000000005'), 'badChunkSize'),
  bad('7.1', '16 digits: -1', sized('ffffffffffffffff'), 'badChunkSize'),
  bad('7.1', 'plus', sized('+5'), 'badChunkSize'),
  bad('7.1', 'minus', sized('-5'), 'badChunkSize'),
  bad('7.1', 'minus zero', '-0\r\n\r\n', 'badChunkSize'),
  bad('7.1', '0x', sized('0x5'), 'badChunkSize'),
  bad('7.1', '0X', sized('0X5'), 'badChunkSize'),
  bad('7.1', 'a letter', sized('g'), 'badChunkSize'),
  bad('7.1', 'a letter behind the size', sized('5h'), 'badChunkSize'),
  bad('7.1', 'an underscore', sized('0_5'), 'badChunkSize'),
  bad('7.1', 'a point', sized('5.0'), 'badChunkSize'),
  bad('7.1', 'a comma', sized('5,5'), 'badChunkSize'),
  bad('7.1', 'quotes', sized('"5"'), 'badChunkSize'),
  bad('7.1', 'Unicode digits', sized('\xef\xbc\x95'), 'badChunkSize'),
  bad('7.1', 'a space before the size', sized(' 5'), 'badChunkSize'),
  bad('7.1', 'a tab before the size', sized('\t5'), 'badChunkSize'),
  bad('7.1', 'no size', sized(''), 'badChunkSize'),
  bad('7.1', 'an extension without size', sized(';a=b'), 'badChunkSize'),
  bad('7.1', 'a second size', sized('5 5'), 'badChunkSize'),
  bad('7.1', 'a word behind white space', sized('5 x'), 'badChunkSize'),
  bad('7.1', 'NUL behind the size', sized('5\0'), 'badChunkSize'),
  bad('7.1', 'a vertical tab behind the size', sized('5\x0b'), 'badChunkSize'),
  bad('7.1', 'NUL before the size', sized('\x005'), 'badChunkSize'),
  bad('7.1', 'an empty line before the size', sized('\r\n5'), 'badChunkSize'),
  bad('7.1', 'an incomplete size', '5', 'more'),
  bad('7.1', 'nothing', '', 'more'),
  bad('7.1', 'a chunk without data', '5\r\n', 'more'),
  bad('7.1', 'a chunk of great size', 'fffffffffffff\r\nabc', 'more'),
];

const lineEnds: ChunkedCase[] = [
  bad('7.1', 'the size line ends in LF', '5\nabcde\r\n0\r\n\r\n', 'badChunkSize'),
  bad('7.1', 'the size line ends in CR', '5\rabcde\r\n0\r\n\r\n', 'badChunkSize'),
  bad('7.1', 'the size line ends in CR CR LF', sized('5\r'), 'badChunkSize'),
  bad('7.1', 'the size line ends in LF CR', '5\n\rabcde\r\n0\r\n\r\n', 'badChunkSize'),
  bad('7.1', 'LF behind padding', '5 \nabcde\r\n0\r\n\r\n', 'badChunkSize'),
  bad('7.1', 'the data ends in LF', '5\r\nabcde\n0\r\n\r\n', 'badChunkEnd'),
  bad('7.1', 'the data ends in CR', '5\r\nabcde\r0\r\n\r\n', 'badChunkEnd'),
  bad('7.1', 'the data ends in nothing', '5\r\nabcde0\r\n\r\n', 'badChunkEnd'),
  bad('7.1', 'the data is longer than the size', '5\r\nabcdef\r\n0\r\n\r\n', 'badChunkEnd'),
  bad('7.1', 'the data is shorter than the size', '5\r\nabc\r\n0\r\n\r\n', 'badChunkEnd'),
  bad('7.1', 'the last chunk ends in LF', '0\n\r\n', 'badChunkSize'),
  bad('7.1', 'the blank line is LF', '0\r\n\n', 'bareLineFeed'),
  bad('7.1', 'the blank line is CR', '0\r\n\rX', 'bareCarriageReturn'),
  bad('7.1', 'the last chunk is missing', '5\r\nabcde\r\n', 'more'),
  bad('7.1', 'the blank line is missing', '0\r\n', 'more'),
  bad('7.1', 'half of the blank line is missing', '0\r\n\r', 'more'),
  bad('7.1', 'a chunk behind the last', '0\r\n5\r\nabcde\r\n', 'badFieldName'),
];

const extensions: ChunkedCase[] = [
  good('7.1.1', 'an extension', sized('5;a=b'), 'abcde'),
  good('7.1.1', 'an extension without value', sized('5;a'), 'abcde'),
  good('7.1.1', 'white space around an extension', sized('5 ; a = b ;c'), 'abcde'),
  good('7.1.1', 'a quoted value', sized('5;a="b;c"'), 'abcde'),
  good('7.1.1', 'a quoted value with an escape', sized('5;a="b\\"c"'), 'abcde'),
  good('7.1.1', 'a quote that never ends', sized('5;a="b'), 'abcde'),
  good('7.1.1', 'an empty extension', sized('5;'), 'abcde'),
  good('7.1.1', 'an extension that looks like a size', sized('5;5;6'), 'abcde'),
  good('7.1.1', 'an extension of the last chunk', '0;a=b\r\n\r\n', ''),
  good('7.1.1', 'octets above 127', sized('5;a=\xff'), 'abcde'),
  good('7.1.1', '4096 octets of extension', sized(`5;${'a'.repeat(4095)}`), 'abcde'),
  bad('7.1.1', '4097 octets of extension', sized(`5;${'a'.repeat(4096)}`), 'chunkExtensionTooLong'),
  bad('7.1.1', '4097 octets of padding', sized(`5${' '.repeat(4097)}`), 'chunkExtensionTooLong'),
  bad('7.1.1', 'many extensions', '1;aaa\r\nx\r\n'.repeat(1025), 'chunkExtensionTooLong'),
  bad('7.1.1', 'LF in an extension', '5;a\nabcde\r\n0\r\n\r\n', 'badChunkSize'),
  bad('7.1.1', 'LF in a quoted value', sized('5;a="\n"'), 'badChunkSize'),
  bad('7.1.1', 'CR in an extension', sized('5;a\rb'), 'badChunkSize'),
  bad('7.1.1', 'CR LF in a quoted value', '5;a="\r\n"\r\nabcde\r\n0\r\n\r\n', 'badChunkEnd'),
  bad('7.1.1', 'NUL in an extension', sized('5;a=\0'), 'badChunkSize'),
  bad('7.1.1', 'DEL in an extension', sized('5;a=\x7f'), 'badChunkSize'),
  bad('7.1.1', 'a vertical tab in an extension', sized('5;\x0b'), 'badChunkSize'),
  bad('7.1.1', 'an extension without semicolon', sized('5 a=b'), 'badChunkSize'),
];

const trailers: ChunkedCase[] = [
  good('7.1.2', 'a trailer', trailed('A: b'), 'a', { trailers: ['A=b'] }),
  good('7.1.2', 'trailers keep order', trailed('grpc-status: 0', 'A:', 'grpc-message: x'), 'a', {
    trailers: ['grpc-status=0', 'A=', 'grpc-message=x'],
  }),
  good('7.1.2', 'a trailer and a request behind it', `${trailed('A: b')}GET`, 'a', {
    trailers: ['A=b'],
    behind: 'GET',
  }),
  good(
    '7.1.2',
    'fields that frame are read, to be dropped',
    trailed('Content-Length: 5', 'Transfer-Encoding: chunked'),
    'a',
    {
      trailers: ['Content-Length=5', 'Transfer-Encoding=chunked'],
    },
  ),
  good('7.1.2', 'as many trailers as fit', trailed('A: 1', 'B: 2', 'C: 3', 'D: 4'), 'a', {
    trailers: ['A=1', 'B=2', 'C=3', 'D=4'],
  }),
  bad('7.1.2', 'one trailer too many', trailed('A: 1', 'B: 2', 'C: 3', 'D: 4', 'E: 5'), 'tooManyFields'),
  good('7.1.2', 'trailers of 64 octets', trailed(`A: ${'b'.repeat(57)}`), 'a', { trailers: [`A=${'b'.repeat(57)}`] }),
  bad('7.1.2', 'trailers of 65 octets', trailed(`A: ${'b'.repeat(58)}`), 'headTooLarge'),
  bad('7.1.2', 'trailers of 65 octets, the last line bad', trailed(`A: ${'b'.repeat(60)}`, '\0'), 'headTooLarge'),
  bad('7.1.2', 'a trailer without end', `0\r\nA: ${'b'.repeat(100)}`, 'headTooLarge'),
  bad('7.1.2', 'a folded trailer', trailed('A: b', ' c'), 'obsoleteFold'),
  bad('7.1.2', 'a space before the colon', trailed('A : b'), 'badFieldName'),
  bad('7.1.2', 'a trailer without colon', trailed('A'), 'badFieldName'),
  bad('7.1.2', 'a request where a trailer should be', '0\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n', 'badFieldName'),
  bad('7.1.2', 'a trailer ends in LF', trailed('A: b\nC: d'), 'bareLineFeed'),
  bad('7.1.2', 'CR in a trailer', trailed('A: b\rC: d'), 'bareCarriageReturn'),
  bad('7.1.2', 'NUL in a trailer', trailed('A: \0'), 'badFieldValue'),
  bad('7.1.2', 'the blank line behind trailers is missing', '0\r\nA: b\r\n', 'more'),
];

export const chunkedCases: readonly ChunkedCase[] = [...sizes, ...lineEnds, ...extensions, ...trailers];
