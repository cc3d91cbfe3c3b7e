import type { Case, Refusal } from './case.ts';

/** What a good request means; what is left out of a case is not compared, but for `body`. */
export interface RequestMeaning {
  readonly method?: string;
  readonly target?: string;
  readonly path?: string;
  readonly host?: string;
  readonly hostName?: string;
  /** `none` when left out. */
  readonly body?: 'none' | 'chunked' | number;
  readonly keepAlive?: boolean;
  readonly upgrade?: boolean;
  readonly expectContinue?: boolean;
  readonly minorVersion?: number;
  readonly namesFields?: boolean;
  /** Every field as `name=value`. */
  readonly fields?: readonly string[];
}

type RequestCase = Case<RequestMeaning>;

function good(section: string, name: string, bytes: string, wanted: RequestMeaning = {}): RequestCase {
  return { section, name, bytes, wanted };
}

function bad(section: string, name: string, bytes: string, wanted: Refusal): RequestCase {
  return { section, name, bytes, wanted };
}

/** A GET with a Host and these lines. */
function get(...lines: string[]): string {
  return [`GET / HTTP/1.1`, 'Host: a.example', ...lines, '', ''].join('\r\n');
}

function post(...lines: string[]): string {
  return [`POST / HTTP/1.1`, 'Host: a.example', ...lines, '', ''].join('\r\n');
}

/** A request with this start line. */
function start(line: string): string {
  return `${line}\r\nHost: a.example\r\n\r\n`;
}

function withHost(value: string): string {
  return `GET / HTTP/1.1\r\nHost: ${value}\r\n\r\n`;
}

const startLines: RequestCase[] = [
  good('3', 'the least request', get(), { method: 'GET', target: '/', path: '/', host: 'a.example', keepAlive: true }),
  good('2.2', 'one empty line before the request', `\r\n${get()}`, { method: 'GET' }),
  bad('2.2', 'two empty lines before the request', `\r\n\r\n${get()}`, 'badMethod'),
  bad('2.2', 'a bare LF before the request', `\n${get()}`, 'badMethod'),
  bad('2.2', 'a bare CR before the request', `\r${get()}`, 'badMethod'),
  good('3.1', 'a method of every kind of token octet', start("!#$%&'*+-.^_`|~9aZ / HTTP/1.1"), {
    method: "!#$%&'*+-.^_`|~9aZ",
  }),
  good('9110 9.1', 'a lower-case method is another method', start('get / HTTP/1.1'), { method: 'get' }),
  good('3.1', 'a method of 32 octets', start(`${'M'.repeat(32)} / HTTP/1.1`), { method: 'M'.repeat(32) }),
  bad('3.1', 'a method of 33 octets', start(`${'M'.repeat(33)} / HTTP/1.1`), 'badMethod'),
  bad('3.1', 'no method', start(' / HTTP/1.1'), 'badMethod'),
  bad('3.1', 'a method with a colon', start('GE:T / HTTP/1.1'), 'badMethod'),
  bad('3.1', 'a method with a quote', start('"GET" / HTTP/1.1'), 'badMethod'),
  bad('3', 'a tab behind the method', start('GET\t/ HTTP/1.1'), 'badMethod'),
  bad('3', 'two spaces behind the method', start('GET  / HTTP/1.1'), 'badTarget'),
  bad('3', 'white space before the method', `  ${get()}`, 'badMethod'),
  bad('3', 'two spaces before the version', start('GET /  HTTP/1.1'), 'badVersion'),
  bad('3', 'a space within the target', start('GET /a b HTTP/1.1'), 'badVersion'),
  bad('3', 'a target that hides a version', start('GET / HTTP/1.1 HTTP/1.1'), 'badVersion'),
  bad('3', 'a space behind the version', start('GET / HTTP/1.1 '), 'badVersion'),
  bad('3', 'a tab behind the target', start('GET /\tHTTP/1.1'), 'badTarget'),
  bad('3', 'a vertical tab behind the target', start('GET /\x0bHTTP/1.1'), 'badTarget'),
  bad('3', 'HTTP/0.9', 'GET /\r\n', 'badTarget'),
  bad('3', 'HTTP/0.9 with a bare LF', 'GET /\n', 'bareLineFeed'),
  bad('3', 'a start line of a method alone', 'GET\r\n\r\n', 'badMethod'),
  bad('2.3', 'no version behind the space', start('GET / '), 'badVersion'),
  bad('2.3', 'a version in lower case', start('GET / http/1.1'), 'badVersion'),
  bad('2.3', 'a version in mixed case', start('GET / Http/1.1'), 'badVersion'),
  bad('2.3', 'a version without minor number', start('GET / HTTP/1'), 'badVersion'),
  bad('2.3', 'a version with a minor number of two digits', start('GET / HTTP/1.10'), 'badVersion'),
  bad('2.3', 'a version with a major number of two digits', start('GET / HTTP/11.1'), 'badVersion'),
  bad('2.3', 'a version with a leading zero', start('GET / HTTP/01.1'), 'badVersion'),
  bad('2.3', 'a version with a comma', start('GET / HTTP/1,1'), 'badVersion'),
  bad('2.3', 'another protocol', start('GET / ICAP/1.0'), 'badVersion'),
  bad('2.3', 'a version of letters', start('GET / HTTP/x.y'), 'badVersion'),
  bad('2.3', 'HTTP/0.9 by name', start('GET / HTTP/0.9'), 'unsupportedVersion'),
  bad('2.3', 'HTTP/2.0', start('GET / HTTP/2.0'), 'unsupportedVersion'),
  bad('2.3', 'HTTP/3.0', start('GET / HTTP/3.0'), 'unsupportedVersion'),
  bad('9113 3.4', 'the preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'unsupportedVersion'),
  good('9110 2.5', 'HTTP/1.2 is read as HTTP/1.1', start('GET / HTTP/1.2'), { minorVersion: 1, keepAlive: true }),
  good('9110 2.5', 'HTTP/1.9 is read as HTTP/1.1', start('GET / HTTP/1.9'), { minorVersion: 1 }),
  good('2.3', 'HTTP/1.0', start('GET / HTTP/1.0'), { minorVersion: 0, keepAlive: false }),
  bad('2.2', 'the start line ends in LF', 'GET / HTTP/1.1\nHost: a.example\r\n\r\n', 'bareLineFeed'),
  bad('2.2', 'the start line ends in CR', 'GET / HTTP/1.1\rHost: a.example\r\n\r\n', 'bareCarriageReturn'),
  bad('2.2', 'the start line ends in CR CR LF', 'GET / HTTP/1.1\r\r\nHost: a.example\r\n\r\n', 'bareCarriageReturn'),
  bad('2.2', 'TLS where plain HTTP is spoken', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03', 'badMethod'),
  bad('2.2', 'a PROXY header of version 2', '\r\n\r\n\x00\r\nQUIT\n', 'badMethod'),
  bad('2.2', 'a PROXY header of version 1', 'PROXY TCP4 192.0.2.1 192.0.2.2 1 443\r\n', 'badVersion'),
];

const targets: RequestCase[] = [
  good('3.2.1', 'a path and a query', start('GET /a/b?c=d?e HTTP/1.1'), { target: '/a/b?c=d?e', path: '/a/b' }),
  good('3.2.1', 'an empty query', start('GET /? HTTP/1.1'), { target: '/?', path: '/' }),
  good('3.2.1', 'a path of two slashes', start('GET //b.example/x HTTP/1.1'), { target: '//b.example/x' }),
  good('3.2.1', 'dots and percent-encoding stay as sent', start('GET /a/../%2e%2e/%00 HTTP/1.1'), {
    target: '/a/../%2e%2e/%00',
  }),
  good('3.2.1', 'a bad percent-encoding stays as sent', start('GET /%zz% HTTP/1.1'), { target: '/%zz%' }),
  good('3.2.1', 'a backslash stays as sent', start('GET /\\b.example HTTP/1.1'), { target: '/\\b.example' }),
  good('3.2.1', 'raw UTF-8 stays as sent', start('GET /\xc3\xa5 HTTP/1.1'), { target: '/\xc3\xa5' }),
  good('3.2.1', 'at and colon in a path', start('GET /@b.example:80 HTTP/1.1'), { target: '/@b.example:80' }),
  bad('3.2', 'a fragment', start('GET /a#b HTTP/1.1'), 'badTarget'),
  bad('3.2', 'NUL in the target', start('GET /a\0b HTTP/1.1'), 'badTarget'),
  bad('3.2', 'DEL in the target', start('GET /a\x7fb HTTP/1.1'), 'badTarget'),
  bad('3.2', 'a path without slash', start('GET index.html HTTP/1.1'), 'badTarget'),
  bad('3.2', 'a query without path', start('GET ?a HTTP/1.1'), 'badTarget'),
  bad('3.2', 'an authority', start('GET a.example HTTP/1.1'), 'badTarget'),
  bad('3.2', 'an authority with port', start('GET a.example:80 HTTP/1.1'), 'badTarget'),
  bad('3.2', 'a backslash first', start('GET \\ HTTP/1.1'), 'badTarget'),
  bad('3.2', 'at first', start('GET @b.example/ HTTP/1.1'), 'badTarget'),
  good('3.2.4', 'OPTIONS *', start('OPTIONS * HTTP/1.1'), { method: 'OPTIONS', target: '*', path: '*' }),
  bad('3.2.4', 'GET *', start('GET * HTTP/1.1'), 'badTarget'),
  bad('3.2.4', 'OPTIONS **', start('OPTIONS ** HTTP/1.1'), 'badTarget'),
  bad('3.2.4', 'options * in lower case', start('options * HTTP/1.1'), 'badTarget'),
  good('3.2.3', 'CONNECT is read, to be refused', start('CONNECT a.example:443 HTTP/1.1'), { method: 'CONNECT' }),
  good('3.2.2', 'absolute-form', start('GET http://a.example/x?y HTTP/1.1'), { target: '/x?y', path: '/x' }),
  good('3.2.2', 'absolute-form with https', start('GET https://a.example/x HTTP/1.1'), { target: '/x' }),
  good('3.2.2', 'absolute-form without path', start('GET http://a.example HTTP/1.1'), { target: '/', path: '/' }),
  good('3.2.2', 'absolute-form without path but a query', start('GET http://a.example?b HTTP/1.1'), {
    target: '/?b',
    path: '/',
  }),
  good('3.2.2', 'absolute-form in other case', start('GET HTTP://A.Example/ HTTP/1.1'), { target: '/' }),
  good('3.2.2', 'absolute-form with a port', 'GET http://a.example:81/ HTTP/1.1\r\nHost: a.example:81\r\n\r\n', {
    target: '/',
  }),
  good('3.2.2', 'absolute-form with IPv6', 'GET http://[::1]/ HTTP/1.1\r\nHost: [::1]\r\n\r\n', { target: '/' }),
  good('3.2.2', 'absolute-form whose query holds a URL', start('GET http://a.example/?u=http://b.example HTTP/1.1'), {
    target: '/?u=http://b.example',
  }),
  bad('3.2.2', 'absolute-form of another host', start('GET http://b.example/ HTTP/1.1'), 'hostDisagrees'),
  bad('3.2.2', 'absolute-form of a longer host', start('GET http://a.example.b/ HTTP/1.1'), 'hostDisagrees'),
  bad('3.2.2', 'absolute-form with a port Host lacks', start('GET http://a.example:80/ HTTP/1.1'), 'hostDisagrees'),
  bad('3.2.2', 'absolute-form with a user', start('GET http://u@a.example/ HTTP/1.1'), 'hostDisagrees'),
  bad('3.2.2', 'the host as a user', start('GET http://a.example@b.example/ HTTP/1.1'), 'hostDisagrees'),
  bad('3.2.2', 'the host as user and password', start('GET http://a.example:a@b.example/ HTTP/1.1'), 'hostDisagrees'),
  bad('3.2.2', 'a fragment behind the host', start('GET http://a.example#@b.example/ HTTP/1.1'), 'badTarget'),
  bad('3.2.2', 'a backslash behind the host', start('GET http://a.example\\@b.example/ HTTP/1.1'), 'hostDisagrees'),
  bad('3.2.2', 'percent-encoding in the host', start('GET http://a%2eexample/ HTTP/1.1'), 'hostDisagrees'),
  bad('3.2.2', 'an empty authority', start('GET http:/// HTTP/1.1'), 'hostDisagrees'),
  bad('3.2.2', 'no authority', start('GET http: HTTP/1.1'), 'badTarget'),
  bad('3.2.2', 'one slash', start('GET http:/a.example/ HTTP/1.1'), 'badTarget'),
  bad('3.2.2', 'another scheme', start('GET ftp://a.example/ HTTP/1.1'), 'badTarget'),
  bad('3.2.2', 'a scheme with NUL', start('GET http\0://a.example/ HTTP/1.1'), 'badTarget'),
  bad('3.2.2', 'absolute-form without Host', 'GET http://a.example/ HTTP/1.1\r\n\r\n', 'missingHost'),
];

const hosts: RequestCase[] = [
  good('3.2', 'a host with port', withHost('a.example:8443'), { host: 'a.example:8443', hostName: 'a.example' }),
  good('3.2', 'a host with an empty port', withHost('a.example:'), { hostName: 'a.example' }),
  good('3.2', 'the highest port', withHost('a.example:65535'), { hostName: 'a.example' }),
  good('3.2', 'a host with a final dot', withHost('a.example.'), { hostName: 'a.example.' }),
  good('3.2', 'a host with underscore', withHost('my_app.example'), { hostName: 'my_app.example' }),
  good('3.2', 'an IPv4 address', withHost('192.0.2.1:80'), { hostName: '192.0.2.1' }),
  good('3.2', 'an IPv6 address', withHost('[2001:db8::1]'), { hostName: '[2001:db8::1]' }),
  good('3.2', 'an IPv6 address with port', withHost('[::ffff:192.0.2.1]:443'), { hostName: '[::ffff:192.0.2.1]' }),
  good('3.2', 'white space around the host', 'GET / HTTP/1.1\r\nhost: \t a.example \t\r\n\r\n', { host: 'a.example' }),
  good('3.2', 'a host of 255 octets', withHost('a'.repeat(255)), { hostName: 'a'.repeat(255) }),
  bad('3.2', 'a host of 256 octets', withHost('a'.repeat(256)), 'badHost'),
  bad('3.2', 'no Host', 'GET / HTTP/1.1\r\n\r\n', 'missingHost'),
  bad('3.2', 'no Host, other fields', 'GET / HTTP/1.1\r\nHosts: a\r\nX-Host: a\r\n\r\n', 'missingHost'),
  bad('3.2', 'no Host in HTTP/1.0', 'GET / HTTP/1.0\r\n\r\n', 'missingHost'),
  bad('3.2', 'two Hosts', get('Host: b.example'), 'severalHosts'),
  bad('3.2', 'two Hosts that agree', get('HOST: a.example'), 'severalHosts'),
  bad('3.2', 'an empty Host', 'GET / HTTP/1.1\r\nHost:\r\n\r\n', 'badHost'),
  bad('3.2', 'a Host of white space', 'GET / HTTP/1.1\r\nHost: \t \r\n\r\n', 'badHost'),
  ...[
    ['a list', 'a.example, b.example'],
    ['a space', 'a.example b.example'],
    ['a tab', 'a.example\tb.example'],
    ['a user', 'u@a.example'],
    ['a path', 'a.example/b'],
    ['a backslash', 'a.example\\b'],
    ['a query', 'a.example?b'],
    ['a fragment', 'a.example#b'],
    ['percent-encoding', 'a%2eexample'],
    ['a URL', 'http://a.example'],
    ['raw UTF-8', '\xc3\xa5.example'],
    ['a quote', '"a.example"'],
    ['a semicolon', 'a.example;b'],
    ['an empty label', 'a..example'],
    ['a first dot', '.a.example'],
    ['a dot alone', '.'],
    ['two dots', '..'],
    ['a port alone', ':80'],
    ['a port of letters', 'a.example:http'],
    ['a signed port', 'a.example:+80'],
    ['a port beyond 65535', 'a.example:65536'],
    ['a port of six digits', 'a.example:000080'],
    ['two ports', 'a.example:80:81'],
    ['a port with user', 'a.example:80@b.example'],
    ['IPv6 without brackets', '::1'],
    ['an open bracket', '[::1'],
    ['empty brackets', '[]'],
    ['brackets without address', '[a.example]'],
    ['an IPv4 address in brackets', '[192.0.2.1]'],
    ['colons that are no address', '[:::]'],
    ['a zone', '[fe80::1%25eth0]'],
    ['a zone as sent by mistake', '[fe80::1%eth0]'],
    ['a future address', '[v1.x]'],
    ['octets behind the bracket', '[::1]x'],
    ['brackets nested', '[[::1]]'],
  ].map(([name, value]) => bad('3.2', `Host with ${name}`, withHost(value ?? ''), 'badHost')),
];

const fields: RequestCase[] = [
  good('5', 'fields keep order and case', get('b: 1', 'A: 2', 'b: 3'), {
    fields: ['Host=a.example', 'b=1', 'A=2', 'b=3'],
  }),
  good('5', 'an empty value', get('A:'), { fields: ['Host=a.example', 'A='] }),
  good('5', 'a value of white space', get('A: \t '), { fields: ['Host=a.example', 'A='] }),
  good('5', 'no white space behind the colon', get('A:b'), { fields: ['Host=a.example', 'A=b'] }),
  good('5', 'much white space around the value', get('A:  \t b  c \t'), { fields: ['Host=a.example', 'A=b  c'] }),
  good('5', 'colons in the value', get('A: b:c::'), { fields: ['Host=a.example', 'A=b:c::'] }),
  good('9110 5.5', 'octets above 127 in the value', get('A: \x80\xff'), { fields: ['Host=a.example', 'A=\x80\xff'] }),
  good('9110 5.6.2', 'a name of every kind of token octet', get("!#$%&'*+-.^_`|~9aZ: b")),
  good('5', 'a last field before the body', `${post('Content-Length: 3')}abc`, { body: 3 }),
  bad('5.2', 'a folded value', get('A: b', ' c'), 'obsoleteFold'),
  bad('5.2', 'a value folded by tab', get('A: b', '\tc'), 'obsoleteFold'),
  bad('5.2', 'a line of white space', get('A: b', ' '), 'obsoleteFold'),
  bad('2.2', 'white space before the first field', 'GET / HTTP/1.1\r\n Host: a.example\r\n\r\n', 'obsoleteFold'),
  bad('5.2', 'a folded Transfer-Encoding', post('Transfer-Encoding:', ' chunked'), 'obsoleteFold'),
  bad('5.2', 'a folded Content-Length', post('Content-Length: 1', ' 0'), 'obsoleteFold'),
  bad('5.1', 'a space before the colon', get('A : b'), 'badFieldName'),
  bad('5.1', 'a tab before the colon', get('A\t: b'), 'badFieldName'),
  bad('5.1', 'a space before the colon of Transfer-Encoding', post('Transfer-Encoding : chunked'), 'badFieldName'),
  bad('5.1', 'a space before the colon of Content-Length', post('Content-Length : 3'), 'badFieldName'),
  bad('5.1', 'a space before the colon of Host', 'GET / HTTP/1.1\r\nHost : a.example\r\n\r\n', 'badFieldName'),
  bad('5.1', 'a space within the name', get('A B: c'), 'badFieldName'),
  bad('5', 'no colon', get('A'), 'badFieldName'),
  bad('5', 'an empty name', get(': b'), 'badFieldName'),
  bad('5', 'a name of a colon', get('::'), 'badFieldName'),
  bad('5', 'a name in quotes', get('"A": b'), 'badFieldName'),
  bad('5', 'a name with a parenthesis', get('A(: b'), 'badFieldName'),
  bad('5', 'a name with a slash', get('A/B: c'), 'badFieldName'),
  bad('5', 'a name above 127', get('\xc3\xa5: b'), 'badFieldName'),
  bad('5', 'NUL in a name', get('A\0: b'), 'badFieldName'),
  bad('5', 'DEL in a name', get('A\x7f: b'), 'badFieldName'),
  bad('9110 5.5', 'NUL in a value', get('A: b\0c'), 'badFieldValue'),
  bad('9110 5.5', 'NUL first in a value', get('A: \0'), 'badFieldValue'),
  bad('9110 5.5', 'DEL in a value', get('A: b\x7f'), 'badFieldValue'),
  bad('9110 5.5', 'ESC in a value', get('A: \x1b[2J'), 'badFieldValue'),
  bad('9110 5.5', 'a vertical tab in a value', get('A: b\x0bc'), 'badFieldValue'),
  bad('9110 5.5', 'a form feed in a value', get('A: b\x0c'), 'badFieldValue'),
  bad('2.2', 'a field line ends in LF', get('A: b\nC: d'), 'bareLineFeed'),
  bad('2.2', 'a field line ends in CR', get('A: b\rC: d'), 'bareCarriageReturn'),
  bad('2.2', 'a field line ends in CR CR LF', get('A: b\r'), 'bareCarriageReturn'),
  bad('2.2', 'CR behind the colon', get('A:\rb'), 'bareCarriageReturn'),
  bad('2.2', 'LF behind the colon', get('A:\nb'), 'bareLineFeed'),
  bad('2.2', 'LF in a name', get('A\nb: c'), 'bareLineFeed'),
  bad('2.2', 'CR in a name', get('A\rb: c'), 'badFieldName'),
  bad('2.2', 'the blank line is LF', 'GET / HTTP/1.1\r\nHost: a.example\r\n\n', 'bareLineFeed'),
  bad('2.2', 'the blank line is CR', 'GET / HTTP/1.1\r\nHost: a.example\r\n\rX', 'bareCarriageReturn'),
  bad('2.2', 'everything ends in LF', 'GET / HTTP/1.1\nHost: a.example\n\n', 'bareLineFeed'),
  bad('2.2', 'the head is not complete', 'GET / HTTP/1.1\r\nHost: a.example\r\n', 'more'),
  bad('2.2', 'nothing', '', 'more'),
  good('5', 'as many fields as fit', get(...Array.from({ length: 15 }, (_, i) => `A${i}: b`))),
  bad('5', 'one field too many', get(...Array.from({ length: 16 }, (_, i) => `A${i}: b`)), 'tooManyFields'),
  bad('5', 'one field too many, and malformed', get(...Array<string>(15).fill('A: b'), '\0'), 'tooManyFields'),
  bad('9110 5.1', 'an imitation of Content-Length', post('Content_Length: 3'), 'badFieldName'),
  bad('9110 5.1', 'an imitation of Transfer-Encoding', post('TRANSFER_encoding: chunked'), 'badFieldName'),
  bad('9110 5.1', 'an imitation of X-Forwarded-For', get('X_Forwarded-For: 192.0.2.1'), 'badFieldName'),
  good('9110 5.1', 'underscores in names that matter to nobody', get('user_agent: x', 'a_b: c')),
];

const framing: RequestCase[] = [
  good('6.2', 'Content-Length 0', post('Content-Length: 0'), { body: 0 }),
  good('6.2', 'Content-Length with leading zeros', post('Content-Length: 007'), { body: 7 }),
  good('6.2', 'the greatest Content-Length', post('Content-Length: 999999999999999'), { body: 999999999999999 }),
  good('6.2', 'Content-Length on GET', get('content-length: 5'), { body: 5 }),
  bad(
    '6.3',
    'two Content-Lengths that differ',
    post('Content-Length: 1', 'Content-Length: 2'),
    'severalContentLengths',
  ),
  bad('6.3', 'two Content-Lengths that agree', post('Content-Length: 1', 'Content-Length: 1'), 'severalContentLengths'),
  bad(
    '6.3',
    'two Content-Lengths, the second bad',
    post('Content-Length: 1', 'Content-Length: x'),
    'severalContentLengths',
  ),
  ...[
    ['a list that agrees', '5, 5'],
    ['a list that differs', '5, 6'],
    ['a list of one', '5,'],
    ['plus', '+5'],
    ['minus', '-5'],
    ['hexadecimal', '0x5'],
    ['a hexadecimal digit', 'a'],
    ['a space', '1 0'],
    ['a tab', '1\t0'],
    ['a point', '5.0'],
    ['an exponent', '1e1'],
    ['an underscore', '1_0'],
    ['quotes', '"5"'],
    ['a parameter', '5;a'],
    ['nothing', ''],
    ['16 digits', '1000000000000000'],
    ['20 digits', '18446744073709551616'],
    ['Unicode digits', '\xef\xbc\x95'],
    ['a letter', '5 bytes'],
  ].map(([name, value]) =>
    bad('9110 8.6', `Content-Length with ${name}`, post(`Content-Length: ${value}`), 'badContentLength'),
  ),
  bad('9110 5.5', 'Content-Length with NUL', post('Content-Length: 5\0'), 'badFieldValue'),
  bad('9110 5.5', 'Content-Length with a vertical tab', post('Content-Length: \x0b5'), 'badFieldValue'),
  good('6.1', 'chunked', post('Transfer-Encoding: chunked'), { body: 'chunked' }),
  good('7', 'chunked in other case', post('transfer-ENCODING: ChUnKeD'), { body: 'chunked' }),
  good('6.1', 'chunked between white space', post('Transfer-Encoding: \tchunked \t'), { body: 'chunked' }),
  good('6.1', 'chunked on GET', get('Transfer-Encoding: chunked'), { body: 'chunked' }),
  bad(
    '6.3',
    'Content-Length, then chunked',
    post('Content-Length: 5', 'Transfer-Encoding: chunked'),
    'lengthAndCoding',
  ),
  bad(
    '6.3',
    'chunked, then Content-Length',
    post('Transfer-Encoding: chunked', 'Content-Length: 5'),
    'lengthAndCoding',
  ),
  bad(
    '6.3',
    'chunked and Content-Length 0',
    post('Transfer-Encoding: chunked', 'Content-Length: 0'),
    'lengthAndCoding',
  ),
  bad(
    '6.3',
    'chunked and a bad Content-Length',
    post('Transfer-Encoding: chunked', 'Content-Length: x'),
    'lengthAndCoding',
  ),
  bad(
    '6.3',
    'an unknown coding and Content-Length',
    post('Transfer-Encoding: x', 'Content-Length: 5'),
    'lengthAndCoding',
  ),
  bad('6.3', 'an empty coding and Content-Length', post('Transfer-Encoding:', 'Content-Length: 5'), 'lengthAndCoding'),
  bad(
    '6.1',
    'chunked in HTTP/1.0',
    'POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n',
    'codingInOldVersion',
  ),
  bad(
    '6.3',
    'chunked and Content-Length in HTTP/1.0',
    'POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n',
    'lengthAndCoding',
  ),
  bad(
    '6.1',
    'chunked twice in two fields',
    post('Transfer-Encoding: chunked', 'Transfer-Encoding: chunked'),
    'badTransferCoding',
  ),
  bad(
    '6.1',
    'chunked and identity in two fields',
    post('Transfer-Encoding: chunked', 'Transfer-Encoding: identity'),
    'badTransferCoding',
  ),
  bad(
    '6.1',
    'identity and chunked in two fields',
    post('Transfer-Encoding: identity', 'Transfer-Encoding: chunked'),
    'badTransferCoding',
  ),
  ...[
    ['xchunked', 'xchunked'],
    ['chunkedx', 'chunkedx'],
    ['chunke', 'chunke'],
    ['chunked in quotes', '"chunked"'],
    ['chunked in single quotes', "'chunked'"],
    ['chunked twice in a list', 'chunked, chunked'],
    ['gzip, chunked', 'gzip, chunked'],
    ['chunked, gzip', 'chunked, gzip'],
    ['identity', 'identity'],
    ['identity, chunked', 'identity, chunked'],
    ['chunked, identity', 'chunked, identity'],
    ['cow', 'cow'],
    ['an empty value', ''],
    ['a comma before', ',chunked'],
    ['a comma behind', 'chunked,'],
    ['a parameter', 'chunked;q=1'],
    ['a semicolon', 'chunked;'],
    ['a comment', 'chunked (x)'],
    ['a tab within', 'chun\tked'],
    ['a space within', 'chun ked'],
    ['a colon before', ': chunked'],
    ['NBSP behind', 'chunked\xa0'],
    ['NEL before', '\x85chunked'],
    ['a Kelvin sign', 'chun\xe2\x84\xaaed'],
    ['another field in the value', 'Transfer-Encoding: chunked'],
  ].map(([name, value]) => bad('6.1', `coding: ${name}`, post(`Transfer-Encoding: ${value}`), 'badTransferCoding')),
  bad('9110 5.5', 'a vertical tab before chunked', post('Transfer-Encoding: \x0bchunked'), 'badFieldValue'),
  bad('9110 5.5', 'a vertical tab behind chunked', post('Transfer-Encoding: chunked\x0b'), 'badFieldValue'),
  bad('9110 5.5', 'NUL behind chunked', post('Transfer-Encoding: chunked\0'), 'badFieldValue'),
  bad('2.2', 'LF before chunked', post('Transfer-Encoding:\nchunked'), 'bareLineFeed'),
  bad('2.2', 'a Transfer-Encoding behind a bare CR', post('A: b\rTransfer-Encoding: chunked'), 'bareCarriageReturn'),
  bad('2.2', 'a Transfer-Encoding behind a bare LF', post('A: b\nTransfer-Encoding: chunked'), 'bareLineFeed'),
  good(
    '5',
    'names that only resemble framing fields',
    post('Content-Lengthx: 1', 'XTransfer-Encoding: chunked', 'Content-Encoding: chunked'),
  ),
  bad('5.1', 'a control octet in Transfer-Encoding', post('Transfer\x00-Encoding: chunked'), 'badFieldName'),
  bad('5.1', 'a vertical tab before Transfer-Encoding', post('\x0bTransfer-Encoding: chunked'), 'badFieldName'),
];

const connections: RequestCase[] = [
  good('9.3', 'close', get('Connection: close'), { keepAlive: false }),
  good('9.3', 'close in other case, in a list', get('Connection: foo , CLOSE'), {
    keepAlive: false,
    namesFields: true,
  }),
  good('9.3', 'close in the second of two fields', get('Connection: keep-alive', 'Connection: close'), {
    keepAlive: false,
  }),
  good('9.3', 'close wins over keep-alive', get('Connection: close, keep-alive'), { keepAlive: false }),
  good('9.3', 'keep-alive names no field', get('Connection: keep-alive'), { keepAlive: true, namesFields: false }),
  good('9.3', 'keep-alive in HTTP/1.0', 'GET / HTTP/1.0\r\nHost: a\r\nConnection: Keep-Alive\r\n\r\n', {
    keepAlive: true,
  }),
  good(
    '9.3',
    'keep-alive and close in HTTP/1.0',
    'GET / HTTP/1.0\r\nHost: a\r\nConnection: keep-alive, close\r\n\r\n',
    { keepAlive: false },
  ),
  good('9.3', 'Proxy-Connection means nothing', get('Proxy-Connection: close'), { keepAlive: true }),
  good('9110 5.6.1', 'an empty Connection', get('Connection:'), { keepAlive: true, namesFields: false }),
  good('9110 5.6.1', 'empty elements', get('Connection: ,, ,close,\t,'), { keepAlive: false, namesFields: false }),
  good(
    '9110 7.6.1',
    'options that may remove nothing',
    get('Connection: host, content-length, transfer-encoding, X-Forwarded-For, via'),
    { namesFields: false },
  ),
  good('9110 7.6.1', 'an option that names a field', get('Connection: x-hop', 'X-Hop: 1'), { namesFields: true }),
  bad('9110 7.6.1', 'an option in quotes', get('Connection: "close"'), 'badConnectionField'),
  bad('9110 7.6.1', 'an option with white space', get('Connection: close now'), 'badConnectionField'),
  bad('9110 7.6.1', 'an option with a parameter', get('Connection: close;a'), 'badConnectionField'),
  bad('9110 7.6.1', 'options parted by semicolons', get('Connection: keep-alive; close'), 'badConnectionField'),
  bad('9110 7.6.1', 'an option above 127', get('Connection: cl\xf6se'), 'badConnectionField'),
  good('9110 7.6.1', '64 options', get(`Connection: ${Array(64).fill('a').join()}`), { namesFields: true }),
  bad('9110 7.6.1', '65 options', get(`Connection: ${Array(65).fill('a').join()}`), 'badConnectionField'),
  bad(
    '9110 7.6.1',
    '65 options in many fields',
    get(...Array<string>(13).fill('Connection: a,b,c,d,e')),
    'badConnectionField',
  ),
  good('9110 7.8', 'an upgrade', get('Connection: Upgrade', 'Upgrade: websocket'), { upgrade: true, keepAlive: true }),
  good('9110 7.8', 'an upgrade to one of several', get('Connection: upgrade', 'Upgrade: a/1, b'), { upgrade: true }),
  good('9110 7.8', 'Upgrade without Connection', get('Upgrade: websocket'), { upgrade: false }),
  good('9110 7.8', 'Connection without Upgrade', get('Connection: upgrade'), { upgrade: false }),
  good('9110 7.8', 'an empty Upgrade', get('Connection: upgrade', 'Upgrade: ,'), { upgrade: false }),
  good('9110 7.8', 'an upgrade in HTTP/1.0', 'GET / HTTP/1.0\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n', {
    upgrade: false,
  }),
  good(
    '9113 3.1',
    'an upgrade to h2c',
    get('Connection: Upgrade, HTTP2-Settings', 'Upgrade: h2c', 'HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA'),
    { upgrade: false },
  ),
  good('9113 3.1', 'an upgrade to h2c or websocket', get('Connection: upgrade', 'Upgrade: websocket, H2C'), {
    upgrade: false,
  }),
  good('9113 3.1', 'h2c in the first of two fields', get('Connection: upgrade', 'Upgrade: h2c', 'Upgrade: websocket'), {
    upgrade: false,
  }),
  good('9110 7.8', 'an upgrade to HTTP/2.0', get('Connection: upgrade', 'Upgrade: HTTP/2.0'), { upgrade: false }),
  good('9110 7.8', 'an upgrade that is no token', get('Connection: upgrade', 'Upgrade: websocket h2c'), {
    upgrade: false,
  }),
  good('9110 10.1.1', 'an expectation', post('Expect: 100-Continue', 'Content-Length: 1'), {
    expectContinue: true,
    body: 1,
  }),
  good('9110 10.1.1', 'an expectation and another', post('Expect: 100-continue', 'Expect: x'), {
    expectContinue: true,
  }),
  good('9110 10.1.1', 'an unknown expectation', post('Expect: x'), { expectContinue: false }),
  good(
    '9110 10.1.1',
    'an expectation in HTTP/1.0',
    'POST / HTTP/1.0\r\nHost: a\r\nContent-Length: 1\r\nExpect: 100-continue\r\n\r\n',
    { expectContinue: false, body: 1 },
  ),
];

/** Most fields a head may have for the counts in these cases to be right. */
export const requestFieldLimit = 16;

export const requestCases: readonly RequestCase[] = [
  ...startLines,
  ...targets,
  ...hosts,
  ...fields,
  ...framing,
  ...connections,
];
