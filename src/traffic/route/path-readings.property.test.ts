import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { isUnder } from '../path-prefix.ts';
import { PathZones, type ZoneRule } from './path-zones.ts';

/** How a server turns the path of a request into the one it looks for a route with. Written from their documentation, apart from the code under test. */
type Model = (path: string) => string;

/** `decodeURIComponent`, octet by octet: what is no escape stays. */
const decode: Model = (path) =>
  path.replace(/%([0-9a-fA-F]{2})/g, (_whole, hex) => String.fromCharCode(Number.parseInt(hex, 16)));
const merge: Model = (path) => path.replace(/\/+/g, '/');
const backslashes: Model = (path) => path.replaceAll('\\', '/');

/** RFC 3986 §5.2.4. */
function resolveDots(path: string): string {
  const out: string[] = [];
  const segments = path.split('/').slice(1);
  for (const [index, segment] of segments.entries()) {
    const last = index === segments.length - 1;
    if (segment === '..') out.pop();
    if (segment !== '.' && segment !== '..') out.push(segment);
    else if (last) out.push('');
  }
  return `/${out.join('/')}`;
}

/** Tomcat's `removePathParameters`: from a semicolon to the next slash. */
const withoutParameters: Model = (path) =>
  path
    .split('/')
    .map((segment) => segment.split(';')[0])
    .join('/');

/** A URL parser given `//host/path`. */
const withoutAuthority: Model = (path) => (/^[/\\]{2}/.test(path) ? path.replace(/^[/\\]{2}[^/\\]*/, '') || '/' : path);

/** `new URL(request.url, base)`, which resolves dots, takes `\\` for `/`, and what follows two slashes for a host. */
function parsed(path: string): string {
  const url = URL.parse(path, 'http://a');
  return url === null ? path : url.pathname;
}

/** The lenient UTF-8 decoder of old servers: continuation octets are taken on trust. */
function lenientUtf8(path: string): string {
  return path
    .replace(/[\xe0-\xef][\x80-\xbf]{2}/g, (form) =>
      String.fromCharCode(
        ((form.charCodeAt(0) & 15) << 12) | ((form.charCodeAt(1) & 63) << 6) | (form.charCodeAt(2) & 63),
      ),
    )
    .replace(/[\xc0-\xdf][\x80-\xbf]/g, (form) =>
      String.fromCharCode(((form.charCodeAt(0) & 31) << 6) | (form.charCodeAt(1) & 63)),
    );
}

const utf8: Model = (path) => Buffer.from(path, 'latin1').toString('utf8');

const models: Readonly<Record<string, Model>> = {
  'as written (Express, Koa, Node.js)': (path) => path,
  'nginx: decode, merge slashes, resolve dots': (path) => resolveDots(merge(decode(path))),
  'nginx with merge_slashes off': (path) => resolveDots(decode(path)),
  'Apache httpd, MergeSlashes On, AllowEncodedSlashes On': (path) => resolveDots(merge(decode(path))),
  'Apache httpd, AllowEncodedSlashes NoDecode': (path) =>
    resolveDots(
      merge(path.replace(/%(?!2f)([0-9a-f]{2})/gi, (_whole, hex) => String.fromCharCode(Number.parseInt(hex, 16)))),
    ),
  'Tomcat: parameters, decode, backslashes, normalise': (path) =>
    resolveDots(merge(backslashes(decode(withoutParameters(path))))),
  'Jetty: decode, then parameters': (path) => resolveDots(merge(withoutParameters(decode(path)))),
  'Spring: parameters after decoding, decoded again': (path) =>
    resolveDots(merge(withoutParameters(decode(withoutParameters(decode(path)))))),
  'WHATWG URL (new URL(request.url, base))': parsed,
  'WHATWG URL, then decoded': (path) => decode(parsed(path)),
  'Werkzeug, Django: PATH_INFO decoded once': (path) => utf8(decode(path)),
  'Werkzeug with merge_slashes': (path) => merge(utf8(decode(path))),
  'a WSGI app that decodes again': (path) => utf8(decode(decode(path))),
  'Rails: slashes merged, no slash at the end': (path) => merge(decode(path)).replace(/(?<=.)\/$/, ''),
  'Go ServeMux: decode, clean': (path) => resolveDots(merge(decode(path))),
  'PHP: urldecode of REQUEST_URI': (path) => decode(path.replaceAll('+', ' ')).trimEnd(),
  'PHP: parse_url': (path) => decode(withoutAuthority(path)),
  'IIS: %u, backslashes, dots and spaces behind segments': (path) =>
    resolveDots(
      merge(backslashes(decode(path.replace(/%u00([0-9a-f]{2})/gi, '%$1'))))
        .split('/')
        .map((segment) => (/^\.{1,2}$/.test(segment) ? segment : segment.replace(/[. ]{1,100}$/, '')))
        .join('/'),
    ),
  'an old server that takes overlong UTF-8': (path) => resolveDots(backslashes(lenientUtf8(decode(path)))),
  'an app that normalises Unicode': (path) => resolveDots(utf8(decode(path)).normalize('NFKC')),
  'a program in C: decoded, ends at NUL': (path) => resolveDots(decode(path).replace(/\0.*$/s, '')),
  'decoded before the query is split off': (path) => resolveDots(decode(path).replace(/[?#].*$/s, '')),
  'a filter that strips control characters': (path) => decode(path).replace(/[^\x20-\x7e\x80-\uffff]/g, ''),
  'decoded three times': (path) => resolveDots(merge(decode(decode(decode(path))))),
};

/** Models that only count where they lead into something guarded. */
const looseModels: Readonly<Record<string, Model>> = {
  'Express: case does not matter': (path) => path.toLowerCase(),
  'ASP.NET: decoded, case does not matter': (path) => resolveDots(merge(backslashes(decode(path)))).toLowerCase(),
  'Rails: a format behind a dot': (path) => merge(decode(path)).replace(/\.[a-z]+$/i, ''),
};

const rules: readonly ZoneRule[] = [
  { prefix: '', guarded: false },
  { prefix: '/admin', guarded: true },
  { prefix: '/admin/open', guarded: false },
  { prefix: '/api', guarded: false },
  { prefix: '/api/v2', guarded: true },
];
const zones = new PathZones(rules);
const longestFirst = [...rules].sort((a, b) => b.prefix.length - a.prefix.length);

function zoneOf(path: string): ZoneRule {
  return longestFirst.find(({ prefix }) => isUnder(path, prefix)) ?? rules[0]!;
}

/** One character in one of the spellings that some server takes for it. */
function spellings(character: string): string[] {
  const hex = character.charCodeAt(0).toString(16).padStart(2, '0');
  const wide = Buffer.from(String.fromCharCode(character.charCodeAt(0) + 0xfee0), 'utf8');
  const overlong = [0xc0 | (character.charCodeAt(0) >> 6), 0x80 | (character.charCodeAt(0) & 63)];
  const escaped = (octets: Iterable<number>): string => [...octets].map((octet) => `%${octet.toString(16)}`).join('');
  return [
    character,
    `%${hex}`,
    `%25${hex}`,
    `%u00${hex}`,
    `%2525${hex}`,
    escaped(wide),
    escaped(overlong),
    character.toUpperCase(),
  ];
}

const letter = (character: string): fc.Arbitrary<string> =>
  fc.oneof({ weight: 12, arbitrary: fc.constant(character) }, fc.constantFrom(...spellings(character)));
const word = (text: string): fc.Arbitrary<string> =>
  fc.tuple(...[...text].map(letter)).map((letters) => letters.join(''));
const noise = fc.constantFrom(
  ...[
    ';',
    ';x',
    ';x=1',
    '%3b',
    '%3bx',
    '%00',
    '%0a',
    '%09',
    '%20',
    '+',
    '.',
    '%2e',
    '%3f',
    '%23',
    '%3fx',
    '.json',
    '\\',
    '%5c',
    '%',
  ],
);
const separator = fc.oneof(
  { weight: 8, arbitrary: fc.constant('/') },
  fc.constantFrom(
    '//',
    '/./',
    '/../',
    '/;/',
    '/;x/',
    '\\',
    '%2f',
    '%5c',
    '%252f',
    '/%2e%2e/',
    '/..;/',
    '%c0%af',
    '%ef%bc%8f',
    '/.%00/',
    '/..%20/',
  ),
);
const segment = fc
  .tuple(
    fc.oneof(...['admin', 'open', 'api', 'v2', 'x'].map(word), fc.constantFrom('', '..', 'evil.test')),
    fc.option(noise, { nil: '', freq: 4 }),
  )
  .map((parts) => parts.join(''));
const paths = fc
  .array(fc.tuple(separator, segment), { minLength: 1, maxLength: 4 })
  .map((parts) => `/${parts.flat().join('').replace(/^\//, '')}`);

const runs = Number(process.env.FUZZ_RUNS ?? 20_000);

test('a path that is passed on is under the same route for every server known', () => {
  let passed = 0;
  fc.assert(
    fc.property(paths, (path) => {
      if (zones.verdict(path) !== '') return;
      passed++;
      for (const [name, model] of Object.entries(models)) {
        assert.equal(zoneOf(model(path)).prefix, zoneOf(path).prefix, `${name} reads ${model(path)}`);
      }
      for (const [name, model] of Object.entries(looseModels)) {
        const other = zoneOf(model(path));
        assert.ok(!other.guarded || other === zoneOf(path), `${name} reads ${model(path)}`);
      }
    }),
    { numRuns: runs, examples: [['/adm%69N/o%u0070en/admin']] },
  );
  assert.ok(passed > runs / 20, `only ${passed} of ${runs} paths passed: the test shows nothing`);
});

test('a path that every server known reads under the same route is passed on, but for dot segments', () => {
  const plainNoise = fc.constantFrom(
    '',
    '',
    ';x=1',
    '%20',
    '%2Fb',
    '%252F',
    '.html',
    '+1',
    '%C3%A9',
    '%3Fq',
    '--',
    '%5B0%5D',
    ',a',
    '@2',
  );
  const plain = fc
    .array(
      fc.tuple(fc.constantFrom('/', '/', '/', '//'), fc.constantFrom('x', 'files', 'a1', 'U.S', 'v2'), plainNoise),
      { minLength: 1, maxLength: 4 },
    )
    .map((parts) => `/api/${parts.flat().join('').replace(/^\/+/, '')}`)
    .filter((path) => !path.startsWith('/api/v2'));
  fc.assert(
    fc.property(plain, (path) => assert.equal(zones.verdict(path), '', path)),
    { numRuns: runs / 4 },
  );
});
