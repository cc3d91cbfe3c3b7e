import { behind, chunks, cut, get, type HostileCase, length, passes, post, refused, smuggled } from '../case.ts';

const chunkedLine = 'Transfer-Encoding: chunked';
const te = (value: string): string[] => [`Transfer-Encoding: ${value}`];
/** To a reader of lengths a body of its own, to a reader of chunks an empty one with a request behind it. */
const both = `0\r\n\r\n${smuggled}`;

/** The front reads Content-Length, the app Transfer-Encoding. */
export const clTe: readonly HostileCase[] = [
  refused('RFC 9112 §6.3', 'Content-Length, then chunked', post([length(both), chunkedLine], both)),
  refused('RFC 9112 §6.3', 'Content-Length 0, then chunked', post(['Content-Length: 0', chunkedLine], both)),
  refused(
    'RFC 9112 §6.3',
    'Content-Length, then chunked in other case',
    post([length(both), 'tRANSFER-eNCODING: cHUNKED'], both),
  ),
  refused(
    'RFC 9112 §6.3',
    'Content-Length, then chunked, Connection: close',
    post([length(both), chunkedLine, 'Connection: close'], both),
  ),
  refused(
    'RFC 9110 §7.6.1',
    'chunked named by Connection',
    post([length(both), chunkedLine, 'Connection: transfer-encoding'], both),
  ),
  refused(
    'RFC 9110 §7.6.1',
    'Content-Length named by Connection',
    post([length(both), chunkedLine, 'Connection: content-length'], both),
  ),
  refused(
    'RFC 9112 §6.1',
    'Content-Length and chunked in HTTP/1.0',
    post([length(both), chunkedLine], both).replace('1.1', '1.0'),
  ),
  refused('RFC 9112 §6.3', 'Content-Length and identity', post([length(both), ...te('identity')], both)),
  refused('RFC 9112 §6.3', 'Content-Length and an empty coding', post([length(both), 'Transfer-Encoding:'], both)),
  refused(
    'RFC 9112 §5.1',
    'a space before the colon of Transfer-Encoding',
    post([length(both), 'Transfer-Encoding : chunked'], both),
  ),
  refused(
    'RFC 9112 §5.1',
    'a tab before the colon of Transfer-Encoding',
    post([length(both), 'Transfer-Encoding\t: chunked'], both),
  ),
  refused(
    'RFC 9110 §5.1',
    'Transfer_Encoding with an underscore',
    post([length(both), 'Transfer_Encoding: chunked'], both),
  ),
  refused(
    'RFC 9112 §2.2',
    'Transfer-Encoding behind a bare LF',
    post([length(both), 'X: y\nTransfer-Encoding: chunked'], both),
  ),
  refused(
    'RFC 9112 §2.2',
    'Transfer-Encoding behind a bare CR',
    post([length(both), 'X: y\rTransfer-Encoding: chunked'], both),
  ),
  refused(
    'RFC 9112 §5.2',
    'Transfer-Encoding in a folded line',
    post([length(both), 'X: y', ' Transfer-Encoding: chunked'], both),
  ),
  refused('RFC 9112 §5.2', 'chunked in a folded line', post([length(both), 'Transfer-Encoding:', ' chunked'], both)),
  refused(
    'RFC 9110 §5.1',
    'NUL in the name Transfer-Encoding',
    post([length(both), 'Transfer-Encoding\0: chunked'], both),
  ),
  refused(
    'RFC 9110 §5.1',
    'an octet above ASCII in the name Transfer-Encoding',
    post([length(both), 'Transfer\xadEncoding: chunked'], both),
  ),
  refused(
    'RFC 9110 §5.1',
    'a space before the name Transfer-Encoding',
    `POST / HTTP/1.1\r\n Transfer-Encoding: chunked\r\nHost: NAME\r\n${length(both)}\r\n\r\n${both}`,
  ),
  refused(
    'RFC 9110 §5.1',
    'a colon alone before Transfer-Encoding',
    post([length(both), ': Transfer-Encoding: chunked'], both),
  ),
  refused('RFC 9112 §2.2', 'CR CR LF before Transfer-Encoding', post([length(both), 'X: y\r', chunkedLine], both)),
  passes(
    'RFC 9110 §8.4',
    'Content-Encoding: chunked is no framing',
    post([length(both), 'Content-Encoding: chunked'], both),
    { line: 'POST / HTTP/1.1', body: both },
  ),
  passes('RFC 9110 §10.1.4', 'TE: chunked is no framing, and stops here', post([length(both), 'TE: chunked'], both), {
    line: 'POST / HTTP/1.1',
    body: both,
    hasNot: /^te:/,
  }),
  passes('RFC 9112 §6.2', 'a request within a body of known length stays there', post([length(both)], both), {
    line: 'POST / HTTP/1.1',
    body: both,
  }),
];

/** The front reads Transfer-Encoding, the app Content-Length. */
const inChunks = chunks(smuggled);
export const teCl: readonly HostileCase[] = [
  refused('RFC 9112 §6.3', 'chunked, then Content-Length', post([chunkedLine, 'Content-Length: 4'], inChunks)),
  refused('RFC 9112 §6.3', 'chunked, then Content-Length 0', post([chunkedLine, 'Content-Length: 0'], inChunks)),
  refused('RFC 9112 §6.3', 'chunked, then a bad Content-Length', post([chunkedLine, 'Content-Length: x'], inChunks)),
  refused(
    'RFC 9112 §6.3',
    'chunked between two Content-Lengths',
    post(['Content-Length: 4', chunkedLine, 'Content-Length: 4'], inChunks),
  ),
  refused(
    'RFC 9112 §5.1',
    'chunked and a space before the colon of Content-Length',
    post([chunkedLine, 'Content-Length : 4'], inChunks),
  ),
  refused('RFC 9110 §5.1', 'chunked and Content_Length', post([chunkedLine, 'Content_Length: 4'], inChunks)),
  refused(
    'RFC 9112 §5.2',
    'chunked and Content-Length in a folded line',
    post([chunkedLine, 'X: y', '\tContent-Length: 4'], inChunks),
  ),
  refused(
    'RFC 9112 §2.2',
    'chunked and Content-Length behind a bare LF',
    post([chunkedLine, 'X: y\nContent-Length: 4'], inChunks),
  ),
  passes('RFC 9112 §7.1', 'a request within a chunk stays there', post([chunkedLine], inChunks), {
    line: 'POST / HTTP/1.1',
    body: smuggled,
    hasNot: /^content-length:/,
  }),
  passes('RFC 9112 §6.1', 'a body in chunks on GET stays one', get([chunkedLine], inChunks), {
    line: 'GET / HTTP/1.1',
    body: smuggled,
  }),
];

/** Both read Transfer-Encoding, one of them not as chunked. */
const codings: Readonly<Record<string, string>> = {
  identity: 'identity',
  'an unknown coding': 'xchunked',
  'gzip, chunked': 'gzip, chunked',
  'chunked, gzip': 'chunked, gzip',
  'chunked, identity': 'chunked, identity',
  'identity, chunked': 'identity, chunked',
  'chunked twice in a list': 'chunked, chunked',
  'chunked and a comma': 'chunked,',
  'a comma and chunked': ',chunked',
  'quoted chunked': '"chunked"',
  'chunked with a parameter': 'chunked;q=1',
  'chunked with a semicolon': 'chunked;',
  'chunked with a word behind it': 'chunked x',
  'chunked without its end': 'chunke',
  'chunked with a tab in it': 'chun\tked',
  'chunked in fullwidth letters': '\xef\xbd\x83hunked',
  'chunked with the dotless i of another alphabet': 'chunked\xc4\xb1',
  'chunked behind a vertical tab': '\x0bchunked',
  'chunked before a form feed': 'chunked\x0c',
  'chunked before NUL': 'chunked\0',
  'chunked behind a no-break space': '\xa0chunked',
  'chunked behind CR': '\rchunked',
  'nothing at all': '',
};
export const teTe: readonly HostileCase[] = [
  ...Object.entries(codings).map(([name, value]) => refused('RFC 9112 §6.1', name, post(te(value), both))),
  refused('RFC 9112 §6.1', 'chunked in two fields', post([chunkedLine, chunkedLine], both)),
  refused(
    'RFC 9112 §6.1',
    'chunked, then identity in a second field',
    post([chunkedLine, 'Transfer-encoding: identity'], both),
  ),
  refused(
    'RFC 9112 §6.1',
    'identity, then chunked in a second field',
    post(['Transfer-Encoding: identity', chunkedLine], both),
  ),
  refused('RFC 9112 §6.1', 'chunked in HTTP/1.0', post([chunkedLine], both).replace('1.1', '1.0')),
  passes('RFC 9112 §7', 'chunked in other case is written anew', post(te('CHUNKED'), chunks('x')), {
    line: 'POST / HTTP/1.1',
    body: 'x',
    has: ['transfer-encoding: chunked'],
  }),
  passes('RFC 9110 §5.5', 'chunked between white space is written anew', post(te(' \tchunked\t '), chunks('x')), {
    line: 'POST / HTTP/1.1',
    body: 'x',
    has: ['transfer-encoding: chunked'],
  }),
];

/** Two readings of Content-Length alone. */
const lengths: Readonly<Record<string, string>> = {
  'a list that agrees': '5, 5',
  'a list that differs': '5, 6',
  'a list of one': '5,',
  plus: '+5',
  minus: '-5',
  'hexadecimal with 0x': '0x5',
  'a hexadecimal digit': 'a',
  'a space within': '1 0',
  'a point': '5.0',
  'an exponent': '1e1',
  'an underscore': '1_0',
  quotes: '"5"',
  'a parameter': '5;q=1',
  'a unit': '5 bytes',
  nothing: '',
  'more than a number holds': '18446744073709551621',
  'fullwidth digits': '\xef\xbc\x95',
  'superscript digits': '\xb2',
  'NUL behind it': '5\0',
  'a vertical tab before it': '\x0b5',
  'a no-break space before it': '\xa05',
};
export const clCl: readonly HostileCase[] = [
  refused(
    'RFC 9112 §6.3',
    'two Content-Lengths that differ',
    post(['Content-Length: 5', 'Content-Length: 6'], 'hello'),
  ),
  refused('RFC 9112 §6.3', 'two Content-Lengths that agree', post(['Content-Length: 5', 'Content-Length: 5'], 'hello')),
  refused(
    'RFC 9112 §6.3',
    'two Content-Lengths in other case',
    post(['Content-Length: 5', 'CONTENT-LENGTH: 0'], 'hello'),
  ),
  refused(
    'RFC 9112 §6.3',
    'Content-Length and one with a space before the colon',
    post(['Content-Length: 5', 'Content-Length : 0'], 'hello'),
  ),
  ...Object.entries(lengths).map(([name, value]) =>
    refused('RFC 9110 §8.6', `Content-Length: ${name}`, post([`Content-Length: ${value}`], 'hello')),
  ),
];

/** A body where one side expects none (CL.0, 0.CL), or where the gate answers itself. */
export const clZero: readonly HostileCase[] = [
  passes('RFC 9110 §9.3.1', 'CL.0: a body on GET is the body of that GET', get([length(smuggled)], smuggled), {
    line: 'GET / HTTP/1.1',
    body: smuggled,
    has: [length(smuggled).toLowerCase()],
  }),
  passes(
    'RFC 9110 §9.3.2',
    'CL.0: a body on HEAD is the body of that HEAD',
    get([length(smuggled)], smuggled).replace('GET /', 'HEAD /'),
    { line: 'HEAD / HTTP/1.1', body: smuggled },
  ),
  passes(
    'RFC 9110 §9.3.7',
    'CL.0: a body on OPTIONS is the body of that OPTIONS',
    get([length(smuggled)], smuggled).replace('GET /', 'OPTIONS /'),
    { line: 'OPTIONS / HTTP/1.1', body: smuggled },
  ),
  passes(
    'RFC 9110 §9.3.5',
    'CL.0: a body on DELETE is the body of that DELETE',
    get([length(smuggled)], smuggled).replace('GET /', 'DELETE /'),
    { line: 'DELETE / HTTP/1.1', body: smuggled },
  ),
  passes(
    'RFC 9112 §9.3.2',
    'Content-Length 0 and bytes behind it: two requests, each seen as one',
    post(['Content-Length: 0'], behind),
    { line: 'POST / HTTP/1.1' },
    { line: 'GET /behind HTTP/1.1' },
  ),
  passes(
    'RFC 9112 §6.3',
    'no length and bytes behind a POST: two requests',
    post([], behind),
    { line: 'POST / HTTP/1.1' },
    { line: 'GET /behind HTTP/1.1' },
  ),
  refused(
    'RFC 9112 §5.1',
    '0.CL: a Content-Length that only the app would see',
    get(['Content-Length : 40'], smuggled),
  ),
  refused('RFC 9112 §2.2', '0.CL: a Content-Length behind a bare LF', get(['X: y\nContent-Length: 40'], smuggled)),
  refused('RFC 9110 §5.1', '0.CL: a Content_Length', get(['Content_Length: 40'], smuggled)),
  refused(
    'RFC 9110 §5.5',
    '0.CL: a Content-Length with a control character',
    get(['Content-Length: 40\x01'], smuggled),
  ),
  passes(
    'RFC 9110 §10.1.1',
    '0.CL by Expect: the body stays a body',
    post([length(smuggled), 'Expect: 100-continue'], smuggled),
    { line: 'POST / HTTP/1.1', body: smuggled },
  ),
  passes(
    'RFC 9110 §10.1.1',
    '0.CL by an Expect that is none',
    post([length(smuggled), 'Expect: y 100-continue'], smuggled),
    { line: 'POST / HTTP/1.1', body: smuggled },
  ),
  passes('RFC 9110 §10.1.1', 'Expect on GET with a body', get([length(smuggled), 'Expect: 100-continue'], smuggled), {
    line: 'GET / HTTP/1.1',
    body: smuggled,
  }),
  refused('RFC 9112 §5.2', 'a folded Expect', post([length(smuggled), 'Expect:', ' 100-continue'], smuggled)),
  refused(
    'RFC 9110 §10.1.1',
    'Expect in two lines by LF',
    post([length(smuggled), 'Expect: 100-\ncontinue'], smuggled),
  ),
];

const sized = (line: string): string => post([chunkedLine], `${line}\r\nhello\r\n0\r\n\r\n`);
const decoded = { line: 'POST / HTTP/1.1', body: 'hello' };

/** Chunk sizes and extensions that two readers take differently. */
export const chunking: readonly HostileCase[] = [
  cut('RFC 9112 §7.1', 'a size with plus', sized('+5')),
  cut('RFC 9112 §7.1', 'a size with minus', sized('-5')),
  cut('RFC 9112 §7.1', 'a size with 0x', sized('0x5')),
  cut('RFC 9112 §7.1', 'an empty size', sized('')),
  cut('RFC 9112 §7.1', 'an extension without size', sized(';a')),
  cut('RFC 9112 §7.1', 'a space before the size', sized(' 5')),
  cut('RFC 9112 §7.1', 'a word behind the size', sized('5 x')),
  cut('RFC 9112 §7.1', 'an underscore in the size', sized('0_5')),
  cut('RFC 9112 §7.1', 'a point in the size', sized('5.0')),
  cut('RFC 9112 §7.1', 'a list of sizes', sized('5,5')),
  cut('RFC 9112 §7.1', 'a quoted size', sized('"5"')),
  cut('RFC 9112 §7.1', 'fullwidth digits', sized('\xef\xbc\x95')),
  cut('RFC 9112 §7.1', 'a size of 2^64 + 5', sized('10000000000000005')),
  cut('RFC 9112 §7.1', 'a size of 2^32 * 2^32 + 5 with leading zeros', sized('000000010000000000000005')),
  cut('RFC 9112 §7.1', 'a size of -1 in 64 bits', sized('ffffffffffffffff')),
  cut('RFC 9112 §7.1', 'NUL behind the size', sized('5\0')),
  cut('RFC 9112 §7.1.1', 'LF at the end of the size line', post([chunkedLine], '5\nhello\r\n0\r\n\r\n')),
  cut('RFC 9112 §7.1.1', 'TERM.EXT: LF in an extension', post([chunkedLine], `5;\nhello\r\n0\r\n\r\n`)),
  cut('RFC 9112 §7.1.1', 'EXT.TERM: CR in an extension', post([chunkedLine], `5;\rhello\r\n0\r\n\r\n`)),
  cut('RFC 9112 §7.1.1', 'LF in a quoted extension', sized('5;a="\n"')),
  cut('RFC 9112 §7.1.1', 'CR LF in a quoted extension', sized('5;a="\r\n"')),
  cut('RFC 9112 §7.1.1', 'NUL in an extension', sized('5;a=\0')),
  cut('RFC 9112 §7.1.1', 'an extension without semicolon', sized('5 a=b')),
  cut('RFC 9112 §7.1.1', 'an extension without end', sized(`5;${'a'.repeat(10_000)}`)),
  cut(
    'RFC 9112 §7.1.1',
    'extensions on many chunks',
    post([chunkedLine], `${'1;aaaa\r\nx\r\n'.repeat(2000)}0\r\n\r\n`),
  ),
  cut('RFC 9112 §7.1', 'TERM.SPILL: the data ends in LF', post([chunkedLine], '5\r\nhello\n0\r\n\r\n')),
  cut('RFC 9112 §7.1', 'SPILL.TERM: the data is one octet longer', post([chunkedLine], '4\r\nhello\r\n0\r\n\r\n')),
  cut('RFC 9112 §7.1', 'the data ends in CR', post([chunkedLine], '5\r\nhello\r0\r\n\r\n')),
  cut('RFC 9112 §7.1', 'two octets that are no line end', post([chunkedLine], '5\r\nhelloXX0\r\n\r\n')),
  cut('RFC 9112 §7.1', 'ZERO.TERM: LF behind the last chunk', post([chunkedLine], '5\r\nhello\r\n0\n\r\n')),
  cut('RFC 9112 §7.1', 'a blank line of LF at the end', post([chunkedLine], '5\r\nhello\r\n0\r\n\n')),
  cut('RFC 9112 §7.1', 'a blank line of CR at the end', post([chunkedLine], '5\r\nhello\r\n0\r\n\rX')),
  cut('RFC 9112 §7.1', 'an empty line between chunks', post([chunkedLine], '5\r\nhello\r\n\r\n0\r\n\r\n')),
  passes(
    'RFC 9112 §7.1.1',
    'extensions are dropped',
    post([chunkedLine], '5;a=b;c="d;e"\r\nhello\r\n0;last\r\n\r\n'),
    decoded,
  ),
  passes('RFC 9112 §7.1', 'zeros before a size are written anew', sized('00000005'), decoded),
  passes('RFC 9112 §7.1', 'white space behind a size is written anew', sized('5 \t '), decoded),
  passes('RFC 9112 §7.1', 'upper-case digits', post([chunkedLine], `1A\r\n${'x'.repeat(26)}\r\n0\r\n\r\n`), {
    line: decoded.line,
    body: 'x'.repeat(26),
  }),
  passes('RFC 9112 §7.1', 'a last chunk of many zeros', post([chunkedLine], '5\r\nhello\r\n00000\r\n\r\n'), decoded),
  passes(
    'RFC 9112 §7.1',
    'data that looks like the end and a request',
    post([chunkedLine], chunks(`\r\n0\r\n\r\n${smuggled}`)),
    { line: decoded.line, body: `\r\n0\r\n\r\n${smuggled}` },
  ),
  passes(
    'RFC 9112 §7.1',
    'a request right behind the last chunk is a request of its own',
    post([chunkedLine], `${chunks('hello')}${behind}`),
    decoded,
    { line: 'GET /behind HTTP/1.1' },
  ),
  passes(
    'RFC 9112 §7.1',
    'a hundred thousand chunks of one octet',
    post([chunkedLine], `${'1\r\nx\r\n'.repeat(100_000)}0\r\n\r\n`),
    { line: decoded.line, body: 'x'.repeat(100_000) },
  ),
];

const trailed = (...lines: string[]): string => post([chunkedLine], ['5', 'hello', '0', ...lines, '', ''].join('\r\n'));
const forbidden = [
  'Content-Length: 50',
  'Transfer-Encoding: chunked',
  'Host: evil.test',
  'Connection: keep-alive',
  'X-Forwarded-For: 6.6.6.6',
  'Forwarded: for=6.6.6.6',
  'Authorization: Basic eDp5',
  'Cookie: a=b',
  'X-Real-IP: 6.6.6.6',
  'X_Forwarded_Proto: gopher',
  'Upgrade: websocket',
  'Expect: 100-continue',
];

/** Fields behind the last chunk. */
export const trailers: readonly HostileCase[] = [
  ...forbidden.map((line) =>
    passes('RFC 9110 §6.5.1', `a trailer ${line.split(':')[0]} is dropped`, trailed(line), {
      ...decoded,
      hasNot: /6\.6\.6|evil|gopher/,
    }),
  ),
  cut('RFC 9112 §5.2', 'a folded trailer', trailed('X: 1', ' 2')),
  cut('RFC 9112 §5.1', 'a trailer with a space before the colon', trailed('X : 1')),
  cut('RFC 9112 §2.2', 'a trailer ended by LF', trailed('X: 1\nY: 2')),
  cut('RFC 9112 §2.2', 'a trailer with CR', trailed('X: 1\rY: 2')),
  cut('RFC 9110 §5.5', 'NUL in a trailer', trailed('X: \0')),
  cut('RFC 9112 §7.1.2', 'a request in place of trailers', post([chunkedLine], `5\r\nhello\r\n0\r\n${smuggled}`)),
  cut('RFC 6585 §5', 'a hundred thousand trailers', trailed(...Array<string>(100_000).fill('X: 1')), 431),
  passes('RFC 9112 §7.1.2', 'a trailer X-Sum is passed on behind the body', trailed('X-Sum: 1'), decoded),
];
