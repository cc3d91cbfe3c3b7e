import { answered, behind, get, type HostileCase, passes, post, refused } from '../case.ts';

const line = (text: string): string => `${text}\r\nHost: NAME\r\n\r\n`;

export const requestLines: readonly HostileCase[] = [
  refused('RFC 9112 §2.3', 'HTTP/0.9', 'GET /\r\n'),
  refused('RFC 9112 §2.3', 'a version in lower case', line('GET / http/1.1')),
  refused('RFC 9112 §2.3', 'another protocol', line('GET / HTTPS/1.1')),
  refused('RFC 9110 §2.5', 'HTTP/2.0', line('GET / HTTP/2.0'), 505),
  refused('RFC 9110 §2.5', 'HTTP/3.7', line('GET / HTTP/3.7'), 505),
  refused('RFC 9112 §2.3', 'HTTP/1.10', line('GET / HTTP/1.10')),
  refused('RFC 9112 §2.3', 'HTTP/01.1', line('GET / HTTP/01.1')),
  refused('RFC 9112 §2.3', 'HTTP/1,1', line('GET / HTTP/1,1')),
  refused('RFC 9113 §3.4', 'an HTTP/2 preface', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 505),
  refused('RFC 9112 §3', 'no version', line('GET /')),
  refused('RFC 9112 §3', 'no target', line('GET HTTP/1.1')),
  refused('RFC 9112 §3', 'two spaces before the target', line('GET  / HTTP/1.1')),
  refused('RFC 9112 §3', 'two spaces before the version', line('GET /  HTTP/1.1')),
  refused('RFC 9112 §3', 'a space behind the version', line('GET / HTTP/1.1 ')),
  refused('RFC 9112 §3', 'a tab before the target', line('GET\t/ HTTP/1.1')),
  refused('RFC 9112 §3', 'a vertical tab before the version', line('GET /\x0bHTTP/1.1')),
  refused('RFC 9112 §2.2', 'a space before the method', line(' GET / HTTP/1.1')),
  refused('RFC 9112 §2.2', 'two empty lines before the method', `\r\n\r\n${get()}`),
  refused('RFC 9112 §2.2', 'LF before the method', `\n${get()}`),
  refused('RFC 9112 §2.2', 'the line ends in LF', 'GET / HTTP/1.1\nHost: NAME\r\n\r\n'),
  refused('RFC 9112 §2.2', 'the line ends in CR', 'GET / HTTP/1.1\rHost: NAME\r\n\r\n'),
  refused('RFC 9112 §2.2', 'CR CR LF behind the line', 'GET / HTTP/1.1\r\r\nHost: NAME\r\n\r\n'),
  refused('RFC 9110 §9.1', 'a method that is no token', line('GE(T / HTTP/1.1')),
  refused('RFC 9110 §9.1', 'a colon in the method', line('GET: / HTTP/1.1')),
  refused('RFC 9110 §9.1', 'NUL in the method', line('G\0ET / HTTP/1.1')),
  refused('RFC 9110 §9.1', 'a method of a thousand letters', line(`${'A'.repeat(1000)} / HTTP/1.1`)),
  refused('RFC 9112 §3.2', 'a space in the target', line('GET /a b HTTP/1.1')),
  refused('RFC 9112 §3.2', 'a whole request in the target', line('GET / HTTP/1.1 GET /behind HTTP/1.1')),
  refused('RFC 9112 §3.2', 'NUL in the target', line('GET /\0 HTTP/1.1')),
  refused('RFC 9112 §3.2', 'DEL in the target', line('GET /\x7f HTTP/1.1')),
  refused('RFC 9112 §3.2', 'a fragment', line('GET /#/../admin HTTP/1.1')),
  refused('RFC 9112 §3.2.1', 'a relative target', line('GET behind HTTP/1.1')),
  refused('RFC 9112 §3.2.1', 'a query alone', line('GET ?x HTTP/1.1')),
  refused('RFC 9112 §3.2.1', 'a backslash as target', line('GET \\admin HTTP/1.1')),
  refused('RFC 9112 §3.2.4', 'the asterisk for GET', line('GET * HTTP/1.1')),
  refused('RFC 9112 §3.2.4', 'more than the asterisk for OPTIONS', line('OPTIONS *admin HTTP/1.1')),
  refused('RFC 9112 §3.2.3', 'authority-form for GET', line('GET NAME:80 HTTP/1.1')),
  answered('RFC 9110 §9.3.6', 'CONNECT', line('CONNECT NAME:80 HTTP/1.1'), 405),
  answered(
    'RFC 9110 §9.3.6',
    'CONNECT to the metadata service of a cloud',
    line('CONNECT 169.254.169.254:80 HTTP/1.1'),
    405,
  ),
  answered('RFC 9110 §9.3.8', 'TRACE', line('TRACE / HTTP/1.1'), 405),
  passes('RFC 9112 §2.2', 'one empty line before the method', `\r\n${get()}`, { line: 'GET / HTTP/1.1' }),
  passes('RFC 9110 §9.1', 'a method in lower case is another method, and stays so', line('get / HTTP/1.1'), {
    line: 'get / HTTP/1.1',
  }),
];

const host = (value: string): string => `GET / HTTP/1.1\r\nHost: ${value}\r\n\r\n`;
const absolute = (target: string): string => `GET ${target} HTTP/1.1\r\nHost: NAME\r\n\r\n`;

export const hosts: readonly HostileCase[] = [
  refused('RFC 9112 §3.2', 'no Host', 'GET / HTTP/1.1\r\n\r\n'),
  refused('RFC 9112 §3.2', 'no Host in HTTP/1.0', 'GET / HTTP/1.0\r\n\r\n'),
  refused('RFC 9112 §3.2', 'two Hosts that agree', get(['Host: NAME'])),
  refused('RFC 9112 §3.2', 'two Hosts that differ', get(['Host: evil.test'])),
  refused('RFC 9112 §3.2', 'two Hosts in other case', get(['hOST: evil.test'])),
  refused('RFC 9112 §5.2', 'a Host in a folded line', get(['X: y', ' Host: evil.test'])),
  refused('RFC 9112 §5.1', 'a Host with a space before the colon', get(['Host : evil.test'])),
  refused('RFC 9112 §3.2', 'an empty Host', host('')),
  refused('RFC 9112 §3.2', 'a list', host('NAME, evil.test')),
  refused('RFC 9112 §3.2', 'two names', host('NAME evil.test')),
  refused('RFC 9110 §4.2.4', 'a user', host('evil@NAME')),
  refused('RFC 9112 §3.2', 'a path', host('NAME/evil')),
  refused('RFC 9112 §3.2', 'a query', host('NAME?evil')),
  refused('RFC 9112 §3.2', 'a fragment', host('NAME#evil')),
  refused('RFC 9112 §3.2', 'a backslash', host('NAME\\evil')),
  refused('RFC 9112 §3.2', 'a scheme', host('http://NAME')),
  refused('RFC 9112 §3.2', 'quotes', host('"NAME"')),
  refused('RFC 3986 §3.2.2', 'percent-encoding', host('%4e%41%4d%45')),
  refused('RFC 3986 §3.2.3', 'a port with a letter', host('NAME:80a')),
  refused('RFC 3986 §3.2.3', 'a port above 65535', host('NAME:99999')),
  refused('RFC 3986 §3.2.3', 'two ports', host('NAME:80:81')),
  refused('RFC 3986 §3.2.3', 'a signed port', host('NAME:+80')),
  refused('RFC 3986 §3.2.2', 'a bracket that is not closed', host('[::1')),
  refused('RFC 3986 §3.2.2', 'a name in brackets', host('[NAME]')),
  refused('RFC 6874 §2', 'a zone', host('[fe80::1%25eth0]')),
  refused('RFC 1034 §3.1', 'an empty label', host('a..b')),
  refused('RFC 1034 §3.1', 'a dot before the name', host('.NAME')),
  refused('RFC 9110 §5.5', 'NUL behind the name', host('NAME\0')),
  refused('RFC 3986 §3.2.2', 'octets above ASCII', host('N\xc3\xa4ME')),
  refused('RFC 9112 §3.2.2', 'absolute-form that disagrees', absolute('http://evil.test/')),
  refused('RFC 9112 §3.2.2', 'absolute-form with a user', absolute('http://NAME@evil.test/')),
  refused('RFC 9112 §3.2.2', 'absolute-form with the name as user', absolute('http://evil@NAME/')),
  refused('RFC 9112 §3.2.2', 'absolute-form with another port', absolute('http://NAME:81/')),
  refused('RFC 9112 §3.2.2', 'absolute-form without authority', absolute('http:///')),
  refused('RFC 9112 §3.2.2', 'absolute-form of another scheme', absolute('ftp://NAME/')),
  refused('RFC 9112 §3.2.2', 'absolute-form with one slash', absolute('http:/NAME/')),
  refused('RFC 9112 §3.2.2', 'absolute-form of a file', absolute('file:///etc/passwd')),
  answered('RFC 9110 §7.4', 'a name that is no site', host('evil.test'), 404),
  answered('RFC 9110 §7.4', 'a name that begins like a site', host('NAME.evil.test'), 404),
  answered('RFC 9110 §7.4', 'the address of the machine', host('127.0.0.1'), 404),
  passes('RFC 9110 §4.2.3', 'a name in upper case', host('PLAIN.TEST'), {
    line: 'GET / HTTP/1.1',
    has: ['host: PLAIN.TEST'],
  }),
  passes('RFC 1034 §3.1', 'a name with a dot at its end', host('NAME.'), {
    line: 'GET / HTTP/1.1',
    has: ['host: plain.test.'],
  }),
  passes('RFC 9112 §3.2.2', 'absolute-form that agrees is written in origin-form', absolute('http://NAME/x'), {
    line: 'GET /x HTTP/1.1',
  }),
  passes('RFC 9110 §7.4', 'a host in the target alone is no host', absolute('//evil.test/x'), {
    line: 'GET //evil.test/x HTTP/1.1',
    has: ['host: plain.test'],
  }),
];

export const fields: readonly HostileCase[] = [
  refused('RFC 9112 §5.2', 'a folded field', get(['X: 1', ' 2'])),
  refused('RFC 9112 §5.2', 'a field folded with a tab', get(['X: 1', '\tTransfer-Encoding: chunked'])),
  refused('RFC 9112 §2.2', 'a folded first field', 'GET / HTTP/1.1\r\n X: 1\r\nHost: NAME\r\n\r\n'),
  refused('RFC 9112 §5.1', 'a space before the colon', get(['X : 1'])),
  refused('RFC 9112 §5.1', 'a tab before the colon', get(['X\t: 1'])),
  refused('RFC 9110 §5.1', 'an empty name', get([': 1'])),
  refused('RFC 9110 §5.1', 'a line without a colon', get(['Transfer-Encoding'])),
  refused('RFC 9110 §5.1', 'a name of two words', get(['X Y: 1'])),
  refused('RFC 9110 §5.1', 'a name in brackets', get(['(X): 1'])),
  refused('RFC 9110 §5.1', 'a name above ASCII', get(['X\xe9: 1'])),
  refused('RFC 9110 §5.1', 'NUL in a name', get(['X\0: 1'])),
  refused('RFC 9110 §5.5', 'NUL in a value', get(['X: a\0b'])),
  refused('RFC 9110 §5.5', 'ESC in a value', get(['X: a\x1b[31mb'])),
  refused('RFC 9110 §5.5', 'DEL in a value', get(['X: a\x7fb'])),
  refused('RFC 9110 §5.5', 'a vertical tab in a value', get(['X: a\x0bb'])),
  refused('RFC 9112 §2.2', 'a bare CR in a value', get(['X: 1\rY: 2'])),
  refused('RFC 9112 §2.2', 'a bare LF in a value', get(['X: 1\nY: 2'])),
  refused('RFC 9112 §2.2', 'CR CR LF', get(['X: 1\r'])),
  refused('RFC 9112 §2.2', 'a bare LF as the blank line', 'GET / HTTP/1.1\r\nHost: NAME\r\nX: 1\r\n\n'),
  refused('RFC 9112 §2.2', 'bare LFs everywhere', 'GET / HTTP/1.1\nHost: NAME\n\n'),
  refused('RFC 9112 §2.2', 'LF CR', 'GET / HTTP/1.1\n\rHost: NAME\n\r\n\r'),
  passes('RFC 9110 §5.5', 'octets above ASCII in a value are passed on', get(['X: \xc3\xa9\xff']), {
    line: 'GET / HTTP/1.1',
    has: ['x: \xc3\xa9\xff'],
  }),
  passes(
    'RFC 9110 §8.4',
    'a compressed body is passed on as it is, so nothing can be made to burst',
    post(['Content-Encoding: gzip', 'Content-Length: 10'], '\x1f\x8b\x08\0\0\0\0\0\0\x03'),
    { line: 'POST / HTTP/1.1', body: '\x1f\x8b\x08\0\0\0\0\0\0\x03' },
  ),
];

const survives = (section: string, option: string, ...kept: string[]): HostileCase =>
  passes(section, `Connection: ${option}`, get([`Connection: ${option}`, 'Cookie: a=b', 'Via: 1.1 first']), {
    line: 'GET / HTTP/1.1',
    has: kept,
    hasNot: /^connection:/,
  });

/** Connection names fields to be removed: not those that the app relies on. */
export const hopByHop: readonly HostileCase[] = [
  survives('RFC 9110 §7.6.1', 'Host', 'host: plain.test'),
  survives('RFC 9110 §7.6.1', 'X-Forwarded-For', 'x-forwarded-for: 127.0.0.1'),
  survives(
    'RFC 9110 §7.6.1',
    'x-forwarded-proto, X-Forwarded-Host',
    'x-forwarded-proto: http',
    'x-forwarded-host: plain.test',
  ),
  survives('RFC 9110 §7.6.1', 'X-Real-IP', 'x-real-ip: 127.0.0.1'),
  survives('RFC 9110 §7.6.1', 'Forwarded', 'forwarded: for=127.0.0.1;host=plain.test;proto=http'),
  survives('RFC 9110 §7.6.3', 'Via', 'via: 1.1 first, 1.1 sallyport'),
  passes(
    'RFC 9110 §7.6.1',
    'Connection: Content-Length',
    post(['Connection: Content-Length', 'Content-Length: 5'], 'hello'),
    { line: 'POST / HTTP/1.1', body: 'hello', has: ['content-length: 5'] },
  ),
  refused('RFC 9110 §7.6.1', 'a Connection that is no list', get(['Connection: keep-alive\xa0'])),
  refused('RFC 9110 §7.6.1', 'a Connection with a thousand options', get([`Connection: ${'x,'.repeat(1000)}x`])),
  passes(
    'RFC 9110 §7.6.1',
    'fields of the connection stop here',
    get([
      'Connection: X-Secret',
      'X-Secret: 1',
      'Keep-Alive: timeout=5',
      'Proxy-Connection: keep-alive',
      'TE: trailers',
    ]),
    { line: 'GET / HTTP/1.1', hasNot: /^(?:connection|x-secret|keep-alive|proxy-connection|te):/ },
  ),
];

const forged = [
  'X-Forwarded-For: 6.6.6.6',
  'x-forwarded-for: 6.6.6.6, 127.0.0.1',
  'X-Forwarded-Proto: gopher',
  'X-Forwarded-Host: evil.test',
  'X-Forwarded-Port: 666',
  'X-Forwarded-Server: evil.test',
  'X-Forwarded-Prefix: /evil',
  'X-Forwarded-Scheme: gopher',
  'X-Forwarded-Ssl: evil',
  'X-Forwarded_Port: 666',
  'X_Forwarded_Server: evil.test',
  'X-Real-IP: 6.6.6.6',
  'Forwarded: for=6.6.6.6;proto=gopher;host=evil.test',
  'X-Original-URL: /evil',
  'X-Rewrite-URL: /evil',
  'Proxy: http://evil.test',
];

/** What a client says about itself, or makes the app believe about the request. */
export const forwarding: readonly HostileCase[] = [
  ...forged.map((field) =>
    passes('RFC 7239 §8.1', field, get([field]), {
      line: 'GET / HTTP/1.1',
      has: ['x-forwarded-for: 127.0.0.1', 'x-real-ip: 127.0.0.1', 'x-forwarded-proto: http'],
      hasNot: /6\.6\.6|gopher|evil|666/,
    }),
  ),
  ...['X_Forwarded_For: 6.6.6.6', 'X_Real_IP: 6.6.6.6', 'X_Forwarded_Host: evil', 'X_Original_URL: /evil'].map(
    (field) => refused('RFC 3875 §4.1.18', field, get([field])),
  ),
  passes('RFC 9110 §7.6.3', 'a forged Via is continued, not believed', get(['Via: 1.1 evil']), {
    line: 'GET / HTTP/1.1',
    has: ['via: 1.1 evil, 1.1 sallyport'],
  }),
  answered('RFC 9110 §7.6.3', 'a request that goes in circles', get(Array<string>(9).fill('Via: 1.1 sallyport')), 508),
];

/** Cookies and fields that end up in a log, a page or a header. */
export const injection: readonly HostileCase[] = [
  refused('RFC 6265 §4.2.1', 'CR LF within a cookie by a bare LF', get(['Cookie: a=b\nSet-Cookie: c=d'])),
  refused('RFC 6265 §4.2.1', 'a cookie with CR', get(['Cookie: a=b\rX: y'])),
  refused('RFC 6265 §4.2.1', 'a cookie with NUL', get(['Cookie: a=b\0; admin=1'])),
  refused('RFC 6265 §4.2.1', 'a cookie with ESC', get(['Cookie: a=\x1b]0;title\x07'])),
  passes(
    'RFC 6265 §5.4',
    'a cookie with an encoded line end stays encoded',
    get(['Cookie: a=b%0d%0aSet-Cookie:%20c=d']),
    { line: 'GET / HTTP/1.1', has: ['cookie: a=b%0d%0aSet-Cookie:%20c=d'] },
  ),
  passes(
    'RFC 9112 §11.1',
    'an encoded line end in the target stays encoded',
    line('GET /%0d%0aSet-Cookie:%20a=b HTTP/1.1'),
    { line: 'GET /%0d%0aSet-Cookie:%20a=b HTTP/1.1' },
  ),
  passes(
    'RFC 9112 §11.1',
    'an encoded line end in the query stays encoded',
    line('GET /?x=%0d%0a%0d%0aGET%20/behind HTTP/1.1'),
    { line: 'GET /?x=%0d%0a%0d%0aGET%20/behind HTTP/1.1' },
  ),
  passes(
    'RFC 9112 §11.1',
    'half-width line ends of Unicode are no line ends',
    get(['X: a\xe5\x98\x8a\xe5\x98\x8dSet-Cookie: b']),
    { line: 'GET / HTTP/1.1', has: ['x: a\xe5\x98\x8a\xe5\x98\x8dSet-Cookie: b'] },
  ),
  passes('RFC 9110 §10.1.5', 'quotes and backslashes in User-Agent', get(['User-Agent: "\\x0a127.0.0.1 - - [" \\']), {
    line: 'GET / HTTP/1.1',
    has: ['user-agent: "\\x0a127.0.0.1 - - [" \\'],
  }),
  passes('RFC 9110 §10.1.3', 'octets of C1 controls in Referer', get(['Referer: \x9b31m\x85next']), {
    line: 'GET / HTTP/1.1',
    has: ['referer: \x9b31m\x85next'],
  }),
  refused('RFC 9110 §10.1.3', 'a terminal sequence in Referer', get(['Referer: \x1b[2J'])),
];

const many = (count: number): string[] => Array.from({ length: count }, (_, i) => `X-${i}: 1`);

/** More than there can be. */
export const excess: readonly HostileCase[] = [
  refused('RFC 6585 §5', 'a hundred thousand fields', get(many(100_000)), 431),
  refused('RFC 6585 §5', '200 fields', get(many(200)), 431),
  refused('RFC 6585 §5', 'a field of 40 KB', get([`X: ${'a'.repeat(40_000)}`]), 431),
  refused('RFC 6585 §5', 'a name of 40 KB', get([`${'a'.repeat(40_000)}: 1`]), 431),
  refused('RFC 6585 §5', 'a head of a megabyte', get(Array<string>(100).fill(`X: ${'a'.repeat(10_000)}`)), 431),
  refused('RFC 6585 §5', 'a Cookie of a megabyte', get([`Cookie: ${'a=b; '.repeat(200_000)}`]), 431),
  refused('RFC 9110 §15.5.15', 'a target of 40 KB', line(`GET /${'a'.repeat(40_000)} HTTP/1.1`), 414),
  passes('RFC 9110 §15.5.15', 'a target of 8000 octets', line(`GET /${'a'.repeat(8000)} HTTP/1.1`), {
    line: `GET /${'a'.repeat(8000)} HTTP/1.1`,
  }),
  passes(
    'RFC 9112 §9.3.2',
    'a hundred requests in one packet',
    get().repeat(100),
    ...Array.from({ length: 100 }, () => ({ line: 'GET / HTTP/1.1' })),
  ),
  passes(
    'RFC 9112 §9.3.2',
    'a request behind a body behind a request',
    `${post(['Content-Length: 5'], 'hello')}${behind}`,
    { line: 'POST / HTTP/1.1', body: 'hello' },
    { line: 'GET /behind HTTP/1.1' },
  ),
];

const upgrade = (value: string, ...more: string[]): string =>
  get(['Connection: Upgrade', `Upgrade: ${value}`, ...more], behind);
const two = [{ line: 'GET / HTTP/1.1' }, { line: 'GET /behind HTTP/1.1' }] as const;
const plainTwo = [{ ...two[0], hasNot: /^(?:upgrade|connection|http2-settings):/ }, two[1]] as const;

/** Requests behind an offer to switch protocols, which the app here never takes up. */
export const upgrades: readonly HostileCase[] = [
  passes(
    'RFC 9110 §7.8',
    'a request behind a refused WebSocket is a request of its own',
    upgrade('websocket', 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==', 'Sec-WebSocket-Version: 13'),
    ...two,
  ),
  passes(
    'RFC 6455 §4.2.1',
    'a WebSocket of an impossible version',
    upgrade('websocket', 'Sec-WebSocket-Version: 1337'),
    ...two,
  ),
  passes('RFC 6455 §4.2.1', 'a WebSocket without key', upgrade('websocket'), ...two),
  passes('RFC 7540 §3.2', 'h2c: the offer stops here', upgrade('h2c', 'HTTP2-Settings: AAMAAABkAAQAAP__'), ...plainTwo),
  passes('RFC 7540 §3.2', 'h2c in other case', upgrade('H2C', 'HTTP2-Settings: AAMAAABkAAQAAP__'), ...plainTwo),
  passes('RFC 7540 §3.2', 'h2c behind a WebSocket', upgrade('websocket, h2c'), ...plainTwo),
  passes('RFC 7540 §3.2', 'h2c in a second field', upgrade('websocket', 'Upgrade: h2c'), ...plainTwo),
  passes(
    'RFC 7540 §3.2',
    'h2c with HTTP2-Settings named by Connection',
    get(['Connection: Upgrade, HTTP2-Settings', 'Upgrade: h2c', 'HTTP2-Settings: AAMA'], behind),
    ...plainTwo,
  ),
  passes('RFC 9110 §7.8', 'HTTP/2.0', upgrade('HTTP/2.0'), ...plainTwo),
  passes('RFC 9110 §7.8', 'Upgrade without Connection', get(['Upgrade: websocket'], behind), ...plainTwo),
  passes('RFC 9110 §7.8', 'a protocol that is no token', upgrade('web(socket'), ...plainTwo),
  passes(
    'RFC 9110 §7.8',
    'Upgrade in HTTP/1.0',
    upgrade('websocket')
      .replace('HTTP/1.1', 'HTTP/1.0')
      .replace('Connection: Upgrade', 'Connection: Upgrade, keep-alive'),
    ...plainTwo,
  ),
  passes(
    'RFC 9110 §7.8',
    'Upgrade with a body',
    post(['Connection: Upgrade', 'Upgrade: websocket', 'Content-Length: 5'], `hello${behind}`),
    { line: 'POST / HTTP/1.1', body: 'hello' },
    two[1],
  ),
  passes('RFC 8441 §4', ':protocol has no meaning in HTTP/1.1', get(['Protocol: websocket'], behind), ...two),
];
