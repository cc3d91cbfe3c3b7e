import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { getFields, headers, ScriptedPeer } from '../../../../test/http2/peer.ts';

type Pairs = readonly (readonly [string, string])[];

/** A request with the fields is refused with PROTOCOL_ERROR for this reason, and the connection goes on. */
function refused(name: string, reason: string, fields: Pairs): void {
  test(name, () => {
    const peer = ScriptedPeer.greeted().send(headers(1, fields));
    assert.equal(peer.resetOf(1), 'PROTOCOL_ERROR');
    assert.deepEqual(peer.happenings.refused, [reason]);
    assert.equal(peer.requests.length, 0);
    assert.equal(peer.context.counters.malformedRequests, 1);
    peer.send(headers(3, getFields));
    assert.equal(peer.bodyOf(3), 'answered');
  });
}

function taken(name: string, fields: Pairs): void {
  test(name, () => {
    const peer = ScriptedPeer.greeted().send(headers(1, fields));
    assert.deepEqual(peer.happenings.refused, []);
    assert.equal(peer.requests.length, 1);
  });
}

const without = (name: string): Pairs => getFields.filter(([field]) => field !== name);
const replaced = (name: string, value: string): Pairs =>
  getFields.map(([field, old]) => [field, field === name ? value : old]);
const plus = (name: string, value: string): Pairs => [...getFields, [name, value]];

describe('RFC 9113 §8.2.1: field names', () => {
  refused('upper case', 'field name', plus('X-Upper', '1'));
  refused('a space before', 'field name', plus(' x', '1'));
  refused('a space behind', 'field name', plus('x ', '1'));
  refused('empty', 'field name', plus('', '1'));
  refused('a colon within', 'field name', plus('x:y', '1'));
  refused('CR LF', 'field name', plus('x\r\ny', '1'));
  refused('NUL', 'field name', plus('x\0', '1'));
  refused('octets above 126', 'field name', plus('x\xe4', '1'));
  taken('any token', plus("!#$%&'*+-.^_`|~09az", '1'));
});

describe('RFC 9113 §8.2.1: field values', () => {
  for (const [name, value] of Object.entries({ CR: 'a\rb', LF: 'a\nb', NUL: 'a\0b', BEL: 'a\x07b', DEL: 'a\x7fb' })) {
    refused(name, 'field value', plus('x', value));
  }
  refused('CR LF and a field', 'field value', plus('x', 'a\r\nhost: evil'));
  refused('a space before', 'field value', plus('x', ' a'));
  refused('a tab behind', 'field value', plus('x', 'a\t'));
  taken('empty', plus('x', ''));
  taken('tabs and high octets within', plus('x', 'a\t\xfcb'));
});

describe('RFC 9113 §8.2.2: fields that speak of one connection', () => {
  for (const name of ['connection', 'proxy-connection', 'keep-alive', 'transfer-encoding', 'upgrade']) {
    refused(name, 'connection-specific field', plus(name, 'x'));
  }
  refused('te other than trailers', 'connection-specific field', plus('te', 'gzip'));
  refused('te with more than trailers', 'connection-specific field', plus('te', 'trailers, gzip'));
  taken('te: trailers', plus('te', 'trailers'));
});

describe('RFC 9113 §8.3: pseudo-fields', () => {
  refused('behind a field', 'pseudo-field after a field', [...without(':path'), ['x', '1'], [':path', '/']]);
  refused('unknown', 'field name', [...getFields, [':unknown', '1']]);
  refused('of responses', 'unknown pseudo-field', [...getFields, [':status', '200']]);
  for (const [name, value] of getFields) {
    refused(`${name} twice`, 'repeated pseudo-field', [...getFields, [name, value]]);
  }
});

describe('RFC 9113 §8.3.1: what a request needs', () => {
  for (const name of [':method', ':scheme', ':path']) {
    refused(`no ${name}`, 'missing pseudo-field', without(name));
  }
  refused('an empty method', ':method', replaced(':method', ''));
  refused('a method that is no token', ':method', replaced(':method', 'GET /x'));
  refused('an empty scheme', ':scheme', replaced(':scheme', ''));
  refused('a scheme that is none', ':scheme', replaced(':scheme', 'https://x'));
  refused('an empty path', ':path', replaced(':path', ''));
  refused('a path that does not begin with a slash', ':path', replaced(':path', 'index'));
  refused('an absolute URI for a path', ':path', replaced(':path', 'http://evil/'));
  refused('* for another method than OPTIONS', ':path', replaced(':path', '*'));
  refused('a space in the path', ':path', replaced(':path', '/a HTTP/1.1'));
  refused('CR LF in the path', 'field value', replaced(':path', '/a\r\nx: y'));
  refused('a fragment in the path', ':path', replaced(':path', '/a#b'));
  refused('user information', ':authority', replaced(':authority', 'user@example.com'));
  refused('a path in the authority', ':authority', replaced(':authority', 'example.com/x'));
  refused('an empty authority', ':authority', replaced(':authority', ''));
  refused('a space in host', ':authority', [...without(':authority'), ['host', 'a b']]);
  refused('host unlike :authority', 'host unlike :authority', plus('host', 'other.example'));
  refused('host twice', 'host unlike :authority', [...getFields, ['host', 'example.com'], ['host', 'example.com']]);
  taken('host like :authority but for case', plus('host', 'EXAMPLE.com'));
  taken('host alone', [...without(':authority'), ['host', 'example.com']]);
  taken('* for OPTIONS', [
    [':method', 'OPTIONS'],
    [':scheme', 'https'],
    [':authority', 'example.com'],
    [':path', '*'],
  ]);
});

describe('RFC 9113 §8.5, RFC 8441: CONNECT', () => {
  refused('with scheme and path', 'pseudo-field of another method', replaced(':method', 'CONNECT'));
  refused('without authority', 'missing pseudo-field', [[':method', 'CONNECT']]);
  refused(':protocol without CONNECT', 'unknown pseudo-field', [...getFields, [':protocol', 'websocket']]);
  refused(':protocol without a path', 'missing pseudo-field', [
    [':method', 'CONNECT'],
    [':protocol', 'websocket'],
    [':authority', 'example.com'],
  ]);
  taken('plain, for the driver to refuse', [
    [':method', 'CONNECT'],
    [':authority', 'example.com:443'],
  ]);
  taken('extended', [...replaced(':method', 'CONNECT'), [':protocol', 'websocket']]);

  test('§3: :protocol is unknown where extended CONNECT was not offered', () => {
    const peer = ScriptedPeer.greeted({ extendedConnect: false });
    peer.send(headers(1, [...replaced(':method', 'CONNECT'), [':protocol', 'websocket']]));
    assert.equal(peer.resetOf(1), 'PROTOCOL_ERROR');
  });
});

describe('RFC 9113 §8.1.1: content-length', () => {
  refused('of a request that ends with its head', 'content-length', plus('content-length', '5'));
  refused('with a sign', 'content-length', plus('content-length', '+0'));
  refused('empty', 'content-length', plus('content-length', ''));
  refused('as a list', 'content-length', plus('content-length', '0, 0'));
  refused('twice', 'content-length', [...getFields, ['content-length', '0'], ['content-length', '0']]);
  refused('beyond what numbers hold', 'content-length', plus('content-length', '1'.repeat(16)));
  taken('0', plus('content-length', '0'));
});
