import type { ResponseFraming } from '../response-head.ts';
import type { Case, Refusal } from './case.ts';

/** What a good response means; what is left out of a case is not compared, but for `framing`. */
export interface ResponseMeaning {
  /** `close` when left out. */
  readonly framing?: ResponseFraming;
  readonly status?: number;
  readonly reason?: string;
  readonly contentLength?: number;
  readonly keepAlive?: boolean;
  readonly minorVersion?: number;
  readonly namesFields?: boolean;
  readonly keepAliveTimeout?: number;
  /** Every field as `name=value`. */
  readonly fields?: readonly string[];
}

/** `toHead`: the response answers a HEAD request. */
export interface ResponseCase extends Case<ResponseMeaning> {
  readonly toHead?: boolean;
}

function good(section: string, name: string, bytes: string, wanted: ResponseMeaning = {}): ResponseCase {
  return { section, name, bytes, wanted };
}

function toHead(section: string, name: string, bytes: string, wanted: ResponseMeaning): ResponseCase {
  return { section, name: `to HEAD: ${name}`, bytes, wanted, toHead: true };
}

function bad(section: string, name: string, bytes: string, wanted: Refusal): ResponseCase {
  return { section, name, bytes, wanted };
}

function start(line: string): string {
  return `${line}\r\n\r\n`;
}

function ok(...lines: string[]): string {
  return ['HTTP/1.1 200 OK', ...lines, '', ''].join('\r\n');
}

function status(code: number, ...lines: string[]): string {
  return [`HTTP/1.1 ${code} x`, ...lines, '', ''].join('\r\n');
}

const statusLines: ResponseCase[] = [
  good('4', 'the least response', start('HTTP/1.1 200 OK'), { status: 200, reason: 'OK', keepAlive: false }),
  good('4', 'no reason', start('HTTP/1.1 200 '), { status: 200, reason: '' }),
  good('4', 'no reason and no space', start('HTTP/1.1 200'), { status: 200, reason: '' }),
  good('4', 'a reason of many words', start('HTTP/1.1 404 Not\tquite \xe5 found'), { reason: 'Not\tquite \xe5 found' }),
  good('4', 'a reason of spaces', start('HTTP/1.1 200   '), { reason: '  ' }),
  good('9110 15', 'status 599', start('HTTP/1.1 599 x'), { status: 599 }),
  good('9110 15', 'status 999', start('HTTP/1.1 999 x'), { status: 999 }),
  good('2.3', 'HTTP/1.0', start('HTTP/1.0 200 OK'), { minorVersion: 0, keepAlive: false }),
  good('9110 2.5', 'HTTP/1.2 is read as HTTP/1.1', start('HTTP/1.2 200 OK'), { minorVersion: 1 }),
  bad('2.3', 'HTTP/2.0', start('HTTP/2.0 200 OK'), 'badStatusLine'),
  bad('2.3', 'HTTP/2', start('HTTP/2 200'), 'badStatusLine'),
  bad('2.3', 'HTTP/0.9: a body alone', '<html></html>', 'badStatusLine'),
  bad('2.3', 'a version in lower case', start('http/1.1 200 OK'), 'badStatusLine'),
  bad('2.3', 'another protocol', start('ICY 200 OK'), 'badStatusLine'),
  bad('2.3', 'a minor version of two digits', start('HTTP/1.10 200 OK'), 'badStatusLine'),
  bad('4', 'a status of two digits', start('HTTP/1.1 20 OK'), 'badStatusLine'),
  bad('4', 'a status of two digits alone', start('HTTP/1.1 20'), 'badStatusLine'),
  bad('4', 'a status of four digits', start('HTTP/1.1 2000 OK'), 'badStatusLine'),
  bad('4', 'a status of letters', start('HTTP/1.1 abc OK'), 'badStatusLine'),
  bad('4', 'a signed status', start('HTTP/1.1 +20 OK'), 'badStatusLine'),
  bad('4', 'a hexadecimal status', start('HTTP/1.1 0x1 OK'), 'badStatusLine'),
  bad('4', 'status 099', start('HTTP/1.1 099 OK'), 'badStatusLine'),
  bad('4', 'status 000', start('HTTP/1.1 000 OK'), 'badStatusLine'),
  bad('4', 'no status', start('HTTP/1.1 OK'), 'badStatusLine'),
  bad('4', 'two spaces before the status', start('HTTP/1.1  200 OK'), 'badStatusLine'),
  bad('4', 'a tab before the status', start('HTTP/1.1\t200 OK'), 'badStatusLine'),
  bad('4', 'a tab behind the status', start('HTTP/1.1 200\tOK'), 'badStatusLine'),
  bad('4', 'a hyphen behind the status', start('HTTP/1.1 200-OK'), 'badStatusLine'),
  bad('4', 'NUL in the reason', start('HTTP/1.1 200 O\0K'), 'badStatusLine'),
  bad('4', 'ESC in the reason', start('HTTP/1.1 200 \x1b[2J'), 'badStatusLine'),
  bad('4', 'DEL in the reason', start('HTTP/1.1 200 \x7f'), 'badStatusLine'),
  bad('2.2', 'the status line ends in LF', 'HTTP/1.1 200 OK\nA: b\r\n\r\n', 'badStatusLine'),
  bad('2.2', 'the status line without reason ends in LF', 'HTTP/1.1 200\nA: b\r\n\r\n', 'badStatusLine'),
  bad('2.2', 'the status line ends in CR', 'HTTP/1.1 200 OK\rA: b\r\n\r\n', 'badStatusLine'),
  bad('2.2', 'CR in the reason', start('HTTP/1.1 200 O\rK'), 'badStatusLine'),
  bad('2.2', 'an empty line before the response', `\r\n${ok()}`, 'badStatusLine'),
  bad('2.2', 'white space before the response', ` ${ok()}`, 'badStatusLine'),
  bad('2.2', 'nothing', '', 'more'),
  bad('2.2', 'a status line alone', 'HTTP/1.1 200 OK\r\n', 'more'),
  bad('2.2', 'half a status line', 'HTTP/1.1 20', 'more'),
  bad('2.2', 'a status without its line end', 'HTTP/1.1 200', 'more'),
];

const fields: ResponseCase[] = [
  good('5', 'fields keep order and case', ok('b: 1', 'A:2', 'b:  3 '), { fields: ['b=1', 'A=2', 'b=3'] }),
  good('5', 'as many fields as fit', ok(...Array<string>(16).fill('A: b'))),
  bad('5', 'one field too many', ok(...Array<string>(17).fill('A: b')), 'tooManyFields'),
  bad('5.2', 'a folded value', ok('A: b', ' c'), 'obsoleteFold'),
  bad('5.2', 'a folded value, by tab', ok('A: b', '\tc'), 'obsoleteFold'),
  bad('5.2', 'a folded first field', ok(' A: b'), 'obsoleteFold'),
  bad('5.1', 'a space before the colon', ok('Content-Length : 5'), 'badFieldName'),
  bad('5', 'no colon', ok('hello'), 'badFieldName'),
  bad('5', 'an empty name', ok(': x'), 'badFieldName'),
  bad('9110 5.5', 'NUL in a value', ok('A: \0'), 'badFieldValue'),
  bad('9110 5.5', 'ESC in a value', ok('A: \x1b'), 'badFieldValue'),
  bad('2.2', 'a bare CR in a value (response splitting)', ok('Location: /\rSet-Cookie: a=b'), 'bareCarriageReturn'),
  bad('2.2', 'a bare LF in a value (response splitting)', ok('Location: /\nSet-Cookie: a=b'), 'bareLineFeed'),
  bad('2.2', 'lines end in LF', 'HTTP/1.1 200 OK\r\nA: b\n\n', 'bareLineFeed'),
  good('9110 5.1', 'an imitation of Content-Length frames nothing', ok('Content_Length: 5'), {}),
];

const framing: ResponseCase[] = [
  good('6.3', 'no framing field: until the connection closes', ok('Connection: keep-alive'), {
    keepAlive: false,
    contentLength: -1,
  }),
  good('6.3', 'Content-Length', ok('Content-Length: 5'), { framing: 'length', contentLength: 5, keepAlive: true }),
  good('6.3', 'Content-Length 0', ok('Content-Length: 0'), { framing: 'none', contentLength: 0, keepAlive: true }),
  good('6.3', 'Content-Lengths that agree', ok('Content-Length: 5', 'content-length: 05'), {
    framing: 'length',
    contentLength: 5,
  }),
  bad('6.3', 'Content-Lengths that differ', ok('Content-Length: 5', 'Content-Length: 6'), 'severalContentLengths'),
  bad('9110 8.6', 'Content-Length, a list that agrees', ok('Content-Length: 5, 5'), 'badContentLength'),
  bad('9110 8.6', 'Content-Length, a list that differs', ok('Content-Length: 5, 6'), 'badContentLength'),
  bad('9110 8.6', 'Content-Length with sign', ok('Content-Length: +5'), 'badContentLength'),
  bad('9110 8.6', 'Content-Length below zero', ok('Content-Length: -1'), 'badContentLength'),
  bad('9110 8.6', 'Content-Length in hexadecimal', ok('Content-Length: 0x5'), 'badContentLength'),
  bad('9110 8.6', 'an empty Content-Length', ok('Content-Length:'), 'badContentLength'),
  bad('9110 8.6', 'a huge Content-Length', ok('Content-Length: 9999999999999999'), 'badContentLength'),
  bad('9110 8.6', 'a bad Content-Length where no body follows', status(304, 'Content-Length: x'), 'badContentLength'),
  good('6.3', 'chunked', ok('Transfer-Encoding: chunked'), { framing: 'chunked', keepAlive: true, contentLength: -1 }),
  good('7', 'chunked in other case', ok('TRANSFER-ENCODING: CHUNKED'), { framing: 'chunked' }),
  good(
    '6.1',
    'chunked in HTTP/1.0: the connection is not used again',
    'HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n',
    { framing: 'chunked', keepAlive: false },
  ),
  bad('6.3', 'Content-Length, then chunked', ok('Content-Length: 5', 'Transfer-Encoding: chunked'), 'lengthAndCoding'),
  bad('6.3', 'chunked, then Content-Length', ok('Transfer-Encoding: chunked', 'Content-Length: 5'), 'lengthAndCoding'),
  bad(
    '6.3',
    'both, where no body follows',
    status(204, 'Transfer-Encoding: chunked', 'Content-Length: 5'),
    'lengthAndCoding',
  ),
  bad('6.1', 'chunked twice', ok('Transfer-Encoding: chunked', 'Transfer-Encoding: chunked'), 'badTransferCoding'),
  bad('6.1', 'chunked twice in a list', ok('Transfer-Encoding: chunked, chunked'), 'badTransferCoding'),
  bad('6.1', 'gzip, chunked', ok('Transfer-Encoding: gzip, chunked'), 'badTransferCoding'),
  bad('6.1', 'gzip', ok('Transfer-Encoding: gzip'), 'badTransferCoding'),
  bad('6.1', 'identity', ok('Transfer-Encoding: identity'), 'badTransferCoding'),
  bad(
    '6.1',
    'identity, then chunked',
    ok('Transfer-Encoding: identity', 'Transfer-Encoding: chunked'),
    'badTransferCoding',
  ),
  bad('6.1', 'xchunked', ok('Transfer-Encoding: xchunked'), 'badTransferCoding'),
  bad('6.1', 'an empty coding', ok('Transfer-Encoding:'), 'badTransferCoding'),
  good('6.3', '100', status(100), { framing: 'none', status: 100, keepAlive: true }),
  good('6.3', '103 with fields', status(103, 'Link: </a>', 'Content-Length: 5'), { framing: 'none', contentLength: 5 }),
  good('6.3', '101', status(101, 'Connection: upgrade', 'Upgrade: websocket'), { framing: 'none', status: 101 }),
  good('6.3', '204', status(204), { framing: 'none', keepAlive: true }),
  good('6.3', '204 with Content-Length', status(204, 'Content-Length: 5'), { framing: 'none' }),
  good('6.1', '204 with chunked', status(204, 'Transfer-Encoding: chunked'), { framing: 'none' }),
  good('6.3', '304 with Content-Length', status(304, 'Content-Length: 5'), {
    framing: 'none',
    contentLength: 5,
    keepAlive: true,
  }),
  good('6.3', '304 with chunked', status(304, 'Transfer-Encoding: chunked'), { framing: 'none' }),
  good('6.3', '205 has a length like any other', status(205, 'Content-Length: 5'), { framing: 'length' }),
  toHead('6.3', 'nothing', ok(), { framing: 'none', keepAlive: true }),
  toHead('6.3', 'Content-Length', ok('Content-Length: 5'), { framing: 'none', contentLength: 5, keepAlive: true }),
  toHead('6.3', 'chunked', ok('Transfer-Encoding: chunked'), { framing: 'none', keepAlive: true }),
];

const connections: ResponseCase[] = [
  good('9.3', 'close', ok('Connection: close', 'Content-Length: 1'), { framing: 'length', keepAlive: false }),
  good('9.3', 'HTTP/1.0 without keep-alive', 'HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\n', {
    framing: 'length',
    keepAlive: false,
  }),
  good('9.3', 'HTTP/1.0 with keep-alive', 'HTTP/1.0 200 OK\r\nContent-Length: 1\r\nConnection: keep-alive\r\n\r\n', {
    framing: 'length',
    keepAlive: true,
  }),
  good('9110 7.6.1', 'Connection names a field', ok('Connection: x-hop', 'X-Hop: 1'), { namesFields: true }),
  bad('9110 7.6.1', 'a malformed Connection', ok('Connection: a b'), 'badConnectionField'),
  good('9.3', 'Keep-Alive tells a time', ok('Keep-Alive: timeout=5, max=100', 'Content-Length: 0'), {
    framing: 'none',
    keepAliveTimeout: 5,
  }),
  good('9.3', 'Keep-Alive tells a time second', ok('Keep-Alive: max=100, TIMEOUT=72', 'Content-Length: 0'), {
    framing: 'none',
    keepAliveTimeout: 72,
  }),
  good('9.3', 'Keep-Alive tells no time', ok('Keep-Alive: xtimeout=5, timeout=-1', 'Content-Length: 0'), {
    framing: 'none',
    keepAliveTimeout: -1,
  }),
];

/** Most fields a head may have for the counts in these cases to be right. */
export const responseFieldLimit = 16;

export const responseCases: readonly ResponseCase[] = [...statusLines, ...fields, ...framing, ...connections];
