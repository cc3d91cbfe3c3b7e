import { answered, type Expected, type HostileCase, passes, post, smuggled } from '../case.ts';

/** The site `routed` has `/api` (prefix stripped), `/sync`, `/old` (a redirect) and nothing else. */
const to = (section: string, path: string, expected: Expected): HostileCase => ({
  section,
  name: path,
  bytes: `GET ${path} HTTP/1.1\r\nHost: NAME\r\n\r\n`,
  expected,
  routed: true,
});
const ambiguous = (section: string, path: string): HostileCase => to(section, path, { kind: 'answered', status: 400 });
const nowhere = (path: string): HostileCase => to('RFC 3986 §6.2', path, { kind: 'answered', status: 404 });
const passed = (path: string, target = path): HostileCase =>
  to('RFC 3986 §3.3', path, { kind: 'passes', requests: [{ line: `GET ${target} HTTP/1.1` }] });

export const paths: readonly HostileCase[] = [
  ...['/sync/..', '/sync/../admin', '/sync/./../admin', '/sync/../../etc/passwd', '/sync/.', '/../sync'].map((path) =>
    ambiguous('RFC 3986 §5.2.4', path),
  ),
  ...[
    '/sync/%2e%2e/admin',
    '/sync/%2E./admin',
    '/sync/.%2e/admin',
    '/sync%2f..%2fadmin',
    '/sync/..%2fadmin',
    '/sync/%2e%2e%2fadmin',
  ].map((path) => ambiguous('RFC 3986 §2.1', path)),
  ...[
    '/sync/%252e%252e/admin',
    '/sync/%25%32%65%25%32%65/admin',
    '/sync/%u002e%u002e/admin',
    '/sync/%25u002e./admin',
  ].map((path) => ambiguous('RFC 3986 §2.4', path)),
  ...['/sync/..\\admin', '/sync\\..\\admin', '/sync/..%5cadmin', '/sync%5c..%5cadmin', '/sync/%2e%2e%5cadmin'].map(
    (path) => ambiguous('RFC 3986 §2.2', path),
  ),
  ...['/sync/..;/admin', '/sync/..;x=y/admin', '/sync/..%3b/admin', '/sync/.;/../admin', '/sync;/../admin'].map(
    (path) => ambiguous('RFC 3986 §3.3', path),
  ),
  ...[
    '/sync/..%00/admin',
    '/sync/..%20/admin',
    '/sync/..%09/admin',
    '/sync/..%3f/admin',
    '/sync/..+/admin',
    '/sync/..%23/admin',
  ].map((path) => ambiguous('RFC 3986 §7.3', path)),
  ...[
    '/sync/%c0%ae%c0%ae/admin',
    '/sync/%e0%80%ae./admin',
    '/sync/%c0%ae./admin',
    '/sync/%ef%bc%8e%ef%bc%8e/admin',
    '/sync/\xc0\xae./admin',
  ].map((path) => ambiguous('RFC 3629 §10', path)),
  ...[
    '//sync/admin',
    '/sync%00',
    '/%73ync',
    '/SYNC',
    '/syncing',
    '/sync;x',
    '/sync%2fx',
    '/sync.',
    '/sync%20',
    '/;/sync',
    '/admin',
    '/',
    '/api%2fx',
  ].map(nowhere),
  ...[
    '/sync',
    '/sync/',
    '/sync/a%2Fb',
    '/sync/a%252Fb',
    '/sync/a;v=1',
    '/sync/a//b',
    '/sync/..x/.y',
    '/sync/%E2%82%AC',
    '/sync/a%20b',
    '/sync?/../admin',
    '/sync/x?y=%2e%2e%2f',
  ].map((path) => passed(path)),
  passed('/api/x', '/x'),
  passed('/api//evil.test/x', '/evil.test/x'),
  passed('/api///evil.test', '/evil.test'),
  passed('/api', '/'),
  {
    ...answered(
      'RFC 9112 §9.3',
      'a body behind a redirect of the gate is no request',
      post([`Content-Length: ${smuggled.length}`], smuggled).replace('POST / ', 'POST /old '),
      302,
    ),
    routed: true,
  },
  {
    ...answered(
      'RFC 9112 §9.3',
      'a body behind a 404 of the gate is no request',
      post([`Content-Length: ${smuggled.length}`], smuggled).replace('POST / ', 'POST /none '),
      404,
    ),
    routed: true,
  },
  {
    ...answered(
      'RFC 9112 §9.3',
      'a body behind a 400 of the gate is no request',
      post([`Content-Length: ${smuggled.length}`], smuggled).replace('POST / ', 'POST /sync/../x '),
      400,
    ),
    routed: true,
  },
  {
    ...answered(
      'RFC 9112 §9.3',
      'chunks behind a 404 of the gate are no request',
      post(['Transfer-Encoding: chunked'], `0\r\n\r\n`).replace('POST / ', 'POST /none '),
      404,
    ),
    routed: true,
  },
  {
    ...passes(
      'RFC 9110 §7.4',
      'absolute-form cannot leave the route',
      'GET http://NAME/sync HTTP/1.1\r\nHost: NAME\r\n\r\n',
      { line: 'GET /sync HTTP/1.1' },
    ),
    routed: true,
  },
];
