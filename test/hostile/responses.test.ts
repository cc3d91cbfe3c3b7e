/** Answers of an app that has gone bad, or that an attacker has a hand in (RFC 9112 §6.3, §11.1): what the client gets of each. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { after, suite, test } from 'node:test';
import { anyPorts, bodyOf, statuses } from '../exchange/support.ts';
import { rawExchange } from '../support/raw-exchange.ts';
import { startSallyport } from '../support/sallyport.ts';
import { sharedScope } from '../support/scope.ts';

/** `refused`: 502, nothing of it reaches the client. `broken`: visibly incomplete. A string: passed on with this body. */
type Wanted = 'refused' | 'broken' | { readonly body: string; readonly status?: number; readonly not?: RegExp };

interface Answer {
  readonly section: string;
  readonly bytes: string;
  readonly wanted: Wanted;
  /** The app closes behind it. */
  readonly closes?: boolean;
  readonly method?: string;
}

const ok = 'HTTP/1.1 200 OK\r\n';
const evil = 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil';
const refused = (section: string, bytes: string): Answer => ({ section, bytes, wanted: 'refused' });
const passed = (
  section: string,
  bytes: string,
  body: string,
  more: Partial<Answer> & { status?: number; not?: RegExp } = {},
): Answer => {
  const { status, not, ...rest } = more;
  return {
    section,
    bytes,
    wanted: { body, ...(status === undefined ? {} : { status }), ...(not === undefined ? {} : { not }) },
    ...rest,
  };
};
const broken = (section: string, bytes: string): Answer => ({ section, bytes, wanted: 'broken', closes: true });

const answers: Readonly<Record<string, Answer>> = {
  'Content-Length, then chunked': refused(
    'RFC 9112 §6.3',
    `${ok}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${evil}`,
  ),
  'chunked, then Content-Length': refused(
    'RFC 9112 §6.3',
    `${ok}Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n${evil}`,
  ),
  'two Content-Lengths that differ': refused(
    'RFC 9112 §6.3',
    `${ok}Content-Length: 0\r\nContent-Length: ${evil.length}\r\n\r\n${evil}`,
  ),
  'a list of Content-Lengths': refused('RFC 9112 §6.3', `${ok}Content-Length: 5, 5\r\n\r\nhello`),
  'a negative Content-Length': refused('RFC 9110 §8.6', `${ok}Content-Length: -5\r\n\r\nhello`),
  'a signed Content-Length': refused('RFC 9110 §8.6', `${ok}Content-Length: +5\r\n\r\nhello`),
  'a hexadecimal Content-Length': refused('RFC 9110 §8.6', `${ok}Content-Length: 0x5\r\n\r\nhello`),
  'an empty Content-Length': refused('RFC 9110 §8.6', `${ok}Content-Length:\r\n\r\nhello`),
  'a Content-Length beyond all numbers': refused(
    'RFC 9110 §8.6',
    `${ok}Content-Length: 99999999999999999999\r\n\r\nhello`,
  ),
  'gzip as transfer coding': refused('RFC 9112 §6.1', `${ok}Transfer-Encoding: gzip\r\n\r\nhello`),
  'gzip, chunked': refused('RFC 9112 §6.1', `${ok}Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n`),
  identity: refused('RFC 9112 §6.1', `${ok}Transfer-Encoding: identity\r\n\r\nhello`),
  'chunked twice': refused(
    'RFC 9112 §6.1',
    `${ok}Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
  ),
  'chunked behind a vertical tab': refused('RFC 9112 §6.1', `${ok}Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n`),
  'another protocol': refused('RFC 9112 §4', 'SSH-2.0-OpenSSH_9.2p1 Debian\r\n\r\n'),
  'HTTP/0.9': refused('RFC 9112 §4', '<html>hello</html>\r\n\r\n'),
  'HTTP/2': refused('RFC 9112 §4', 'HTTP/2 200 OK\r\n\r\n'),
  ICY: refused('RFC 9112 §4', 'ICY 200 OK\r\nContent-Length: 0\r\n\r\n'),
  'a status of two digits': refused('RFC 9112 §4', 'HTTP/1.1 20 OK\r\nContent-Length: 0\r\n\r\n'),
  'a status of four digits': refused('RFC 9112 §4', 'HTTP/1.1 2000 OK\r\nContent-Length: 0\r\n\r\n'),
  'a status below 100': refused('RFC 9112 §4', 'HTTP/1.1 099 OK\r\nContent-Length: 0\r\n\r\n'),
  'a status with a sign': refused('RFC 9112 §4', 'HTTP/1.1 +20 OK\r\nContent-Length: 0\r\n\r\n'),
  'two spaces before the status': refused('RFC 9112 §4', 'HTTP/1.1  200 OK\r\nContent-Length: 0\r\n\r\n'),
  'NUL in the reason': refused('RFC 9112 §4', 'HTTP/1.1 200 O\0K\r\nContent-Length: 0\r\n\r\n'),
  'CR in the reason': refused('RFC 9112 §11.1', 'HTTP/1.1 200 O\rSet-Cookie: a=b\r\nContent-Length: 0\r\n\r\n'),
  'LF in the reason': refused('RFC 9112 §11.1', 'HTTP/1.1 200 O\nSet-Cookie: a=b\r\nContent-Length: 0\r\n\r\n'),
  'bare LFs': refused('RFC 9112 §2.2', 'HTTP/1.1 200 OK\nContent-Length: 0\n\n'),
  'an empty line before the status': refused('RFC 9112 §2.2', `\r\n${evil}`),
  'a folded field': refused('RFC 9112 §5.2', `${ok}X: 1\r\n 2\r\nContent-Length: 0\r\n\r\n`),
  'a space before the colon': refused('RFC 9112 §5.1', `${ok}Content-Length : 0\r\n\r\n`),
  'a name of two words': refused('RFC 9110 §5.1', `${ok}X Y: 1\r\nContent-Length: 0\r\n\r\n`),
  'a line without a colon': refused('RFC 9110 §5.1', `${ok}hello\r\nContent-Length: 0\r\n\r\n`),
  'NUL in a value': refused('RFC 9110 §5.5', `${ok}X: a\0b\r\nContent-Length: 0\r\n\r\n`),
  'LF in a Location: response splitting': refused(
    'RFC 9112 §11.1',
    `${ok}Location: /a\nSet-Cookie: b=c\r\nContent-Length: 0\r\n\r\n`,
  ),
  'CR in a Set-Cookie: response splitting': refused(
    'RFC 9112 §11.1',
    `${ok}Set-Cookie: a=b\rSet-Cookie: c=d\r\nContent-Length: 0\r\n\r\n`,
  ),
  'a head without end': refused('RFC 6585 §5', `${ok}X: ${'a'.repeat(80_000)}`),
  'too many fields': refused('RFC 6585 §5', `${ok}${'X: 1\r\n'.repeat(300)}\r\n`),
  '101 that nobody asked for': refused(
    'RFC 9110 §15.2.2',
    'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n',
  ),
  'a bad chunk size at once': refused('RFC 9112 §7.1', `${ok}Transfer-Encoding: chunked\r\n\r\nxyz\r\n`),
  'a chunk size with LF at once': refused(
    'RFC 9112 §7.1',
    `${ok}Transfer-Encoding: chunked\r\n\r\n5\nhello\r\n0\r\n\r\n`,
  ),
  'the connection closed without a word': { section: 'RFC 9112 §9.6', bytes: '', wanted: 'refused', closes: true },
  'the connection closed within the head': {
    section: 'RFC 9112 §8',
    bytes: `${ok}Content-Length: 5\r\n`,
    wanted: 'refused',
    closes: true,
  },
  'an early end within a length': broken('RFC 9112 §8', `${ok}Content-Length: 100\r\n\r\nhello`),
  'an early end within chunks': broken('RFC 9112 §8', `${ok}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n`),
  'an early end before the last line end': broken(
    'RFC 9112 §8',
    `${ok}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n`,
  ),
  'a bad chunk size later': refused('RFC 9112 §7.1', `${ok}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nxyz\r\n`),
  'a chunk longer than its size': refused(
    'RFC 9112 §7.1',
    `${ok}Transfer-Encoding: chunked\r\n\r\n4\r\nhello\r\n0\r\n\r\n`,
  ),
  'two Content-Lengths that agree become one': passed(
    'RFC 9112 §6.3',
    `${ok}Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello`,
    'hello',
    { not: /Content-Length.*Content-Length/s },
  ),
  'content_length is no length, and stops here': passed(
    'RFC 9110 §5.1',
    `${ok}Content_Length: 99\r\nContent-Length: 5\r\n\r\nhello`,
    'hello',
    { not: /_/ },
  ),
  'bytes behind a length are nobody’s': passed('RFC 9112 §6.3', `${ok}Content-Length: 5\r\n\r\nhello${evil}`, 'hello'),
  'bytes behind the last chunk are nobody’s': passed(
    'RFC 9112 §7.1',
    `${ok}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n${evil}`,
    'hello',
  ),
  'a 204 with a body has none': passed(
    'RFC 9112 §6.3',
    `HTTP/1.1 204 No Content\r\nContent-Length: ${evil.length}\r\n\r\n${evil}`,
    '',
    { status: 204, not: /Content-Length/i },
  ),
  'a 204 with chunks has no body': passed(
    'RFC 9112 §6.3',
    `HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nevil\r\n0\r\n\r\n`,
    '',
    { status: 204, not: /Transfer-Encoding/i },
  ),
  'a 304 with a body has none': passed(
    'RFC 9112 §6.3',
    `HTTP/1.1 304 Not Modified\r\nContent-Length: ${evil.length}\r\n\r\n${evil}`,
    '',
    { status: 304 },
  ),
  'an answer to HEAD with a body has none': passed(
    'RFC 9112 §6.3',
    `${ok}Content-Length: ${evil.length}\r\n\r\n${evil}`,
    '',
    { method: 'HEAD' },
  ),
  'an answer behind a 100 with fields': passed(
    'RFC 9110 §15.2',
    `HTTP/1.1 100 Continue\r\nContent-Length: 50\r\n\r\n${ok}Content-Length: 5\r\n\r\nhello`,
    'hello',
  ),
  'a hundred 103s': passed(
    'RFC 9110 §15.2',
    `${'HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n'.repeat(100)}${ok}Content-Length: 5\r\n\r\nhello`,
    'hello',
  ),
  'Connection names a field of the client': passed(
    'RFC 9110 §7.6.1',
    `${ok}Connection: Content-Length, Set-Cookie\r\nContent-Length: 5\r\n\r\nhello`,
    'hello',
  ),
  'Keep-Alive, Upgrade and Proxy-Connection stop here': passed(
    'RFC 9110 §7.6.1',
    `${ok}Keep-Alive: timeout=999\r\nUpgrade: h2c\r\nProxy-Connection: x\r\nContent-Length: 5\r\n\r\nhello`,
    'hello',
    { not: /keep-alive|upgrade|proxy-connection/i },
  ),
  'a coding in HTTP/1.0 closes': passed(
    'RFC 9112 §6.1',
    `HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n${evil}`,
    'hello',
  ),
  'octets above ASCII in a value are passed on': passed(
    'RFC 9110 §5.5',
    `${ok}X: \xe5\x98\x8a\xe5\x98\x8d\r\nContent-Length: 5\r\n\r\nhello`,
    'hello',
  ),
};

const scope = sharedScope();
let answer: Answer | null = null;
const app = createServer((socket) => {
  socket.on('error', () => {});
  socket.on('data', (chunk) => {
    const target = chunk.toString('latin1').split(' ')[1] ?? '';
    if (target !== '/bad') socket.write(`${ok}Content-Length: ${target.length}\r\n\r\n${target}`);
    else if (answer?.closes) socket.end(answer.bytes, 'latin1');
    else socket.write(answer?.bytes ?? '', 'latin1');
  });
});
app.listen(0, '127.0.0.1');
await once(app, 'listening');
scope.after(() => void app.close());
const sallyport = await startSallyport(
  scope,
  `${anyPorts}sites:\n  plain.test: { tls: off, to: ${(app.address() as AddressInfo).port} }\n`,
);
const ask = (target: string, method = 'GET') =>
  rawExchange(sallyport.http, `${method} ${target} HTTP/1.1\r\nHost: plain.test\r\nConnection: close\r\n\r\n`);

/** The body with its chunks joined; null when the last chunk, or octets that were announced, are missing. */
function wholeBody(text: string): string | null {
  const start = text.lastIndexOf('HTTP/1.1 ');
  const body = bodyOf(text.slice(start));
  const length = /^content-length: (\d+)/im.exec(text.slice(start))?.[1];
  if (!/^transfer-encoding: chunked/im.test(text.slice(start)))
    return length === undefined || body.length === Number(length) ? body : null;
  return /(?:^|\r\n)0\r\n\r\n$/.test(body)
    ? body.replaceAll(/[0-9a-f]+\r\n([^\r]*)\r\n/g, '$1').replace(/\r\n$/, '')
    : null;
}

suite('answers that could be read in another way', () => {
  for (const [name, { section, bytes, wanted, closes, method }] of Object.entries(answers)) {
    test(`${name} (${section}): ${typeof wanted === 'string' ? wanted : 'passed on'}`, async () => {
      answer = { section, bytes, wanted, closes: closes ?? false };
      const { text } = await ask('/bad', method);
      const final = statuses(text).filter((status) => status >= 200);
      assert.equal(final.length, 1, text);
      assert.doesNotMatch(text, /evil/);
      if (wanted === 'refused') {
        assert.deepEqual(final, [502]);
        assert.doesNotMatch(text, /Set-Cookie|hello/);
      } else if (wanted === 'broken') {
        assert.equal(wholeBody(text), null, text);
      } else {
        assert.deepEqual(final, [wanted.status ?? 200]);
        if (method !== 'HEAD' && wanted.status !== 304) assert.equal(wholeBody(text), wanted.body);
        else assert.equal(bodyOf(text), '');
        if (wanted.not !== undefined) assert.doesNotMatch(text, wanted.not);
      }
      for (const target of ['/next-1', '/next-2']) assert.equal(bodyOf((await ask(target)).text), target);
    });
  }
});

after(() => console.log(`${Object.keys(answers).length} hostile answers of apps`));
