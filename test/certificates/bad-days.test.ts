import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { httpsTransport } from '../../src/control/certificates/acme/transport.ts';
import type { OrderFailure } from '../../src/control/certificates/lifecycle/failure.ts';
import { type AcmeProxy, type ProxiedRequest, problem, startAcmeProxy } from '../support/acme-proxy.ts';
import { type AcmeWorld, requestFor, startAcmeWorld } from '../support/acme-world.ts';

let world: AcmeWorld;
let proxy: AcmeProxy;
before(async () => {
  world = await startAcmeWorld();
  proxy = await startAcmeProxy(world.pebble);
});
beforeEach(() => {
  proxy.rule = () => null;
  proxy.seen.length = 0;
});
after(async () => {
  proxy.close();
  await world.close();
});

const issuer = (settings = {}, tools = {}) =>
  world.issuer({ directory: proxy.directory, ca: proxy.ca, ...settings }, tools);

async function failureOf(name: string, tools = {}): Promise<OrderFailure> {
  try {
    await issuer({}, tools).obtain(requestFor(name));
  } catch (error) {
    return error as OrderFailure;
  }
  throw new Error('it was issued');
}

describe('a CA on a bad day', () => {
  test('down: the host and the reason are named', async () => {
    const directory = 'https://127.0.0.1:1/dir';
    await assert.rejects(issuer({ directory }).obtain(requestFor('a.test')), /127\.0\.0\.1:1: connection refused/);
  });

  test('not trusted: said so at once, without retries', async () => {
    await assert.rejects(issuer({ ca: undefined }).obtain(requestFor('a.test')), /not trusted here/);
  });

  test('slow: given up after the time allowed', async () => {
    proxy.rule = () => 'hang';
    const transport = httpsTransport({ ca: proxy.ca, timeout: 200 });
    const failure = await failureOf('slow.test', { transport });
    assert.match(failure.message, /no answer within 0\.2 s/);
    assert.equal(failure.kind, 'outage');
  });

  test('dropping connections in the middle of an order', async () => {
    proxy.rule = (request) => (request.resource === 'newOrder' ? 'reset' : null);
    assert.equal((await failureOf('reset.test')).kind, 'outage');
  });

  test('503 of a load balancer, with Retry-After as a date', async () => {
    const at = new Date(Math.ceil(Date.now() / 1000) * 1000 + 3_600_000);
    const headers = { 'content-type': 'text/html', 'retry-after': at.toUTCString() };
    proxy.rule = () => ({ status: 503, headers, body: '<html>busy</html>' });
    const failure = await failureOf('busy.test');
    assert.equal(failure.kind, 'outage');
    assert.equal(failure.retryAt, at.getTime());
    assert.match(failure.message, /HTTP status 503/);
  });

  test('429: the words of the CA and the time it names are kept', async () => {
    const answer = problem(429, 'rateLimited', 'too many certificates (5) for this set', { 'retry-after': '7200' });
    proxy.rule = (request) => (request.resource === 'newOrder' ? answer : null);
    const before = Date.now();
    const failure = await failureOf('limited.test');
    assert.equal(failure.kind, 'limited');
    assert.ok(failure.retryAt !== undefined && failure.retryAt >= before + 7_200_000);
    assert.equal(failure.problem?.detail, 'too many certificates (5) for this set');
  });

  for (const [what, body] of Object.entries({
    'not JSON': 'moved',
    empty: '',
    'without its members': '{"newNonce":"https://127.0.0.1/x"}',
    'with foreign URLs': '{"newNonce":"file:///etc/passwd","newAccount":"x","newOrder":7}',
  })) {
    test(`malformed answers: a directory ${what}`, async () => {
      proxy.rule = (request) => (request.resource === 'directory' ? { status: 200, body } : null);
      const failure = await failureOf('malformed.test');
      assert.equal(failure.kind, 'outage');
      assert.match(failure.message, /no readable directory/);
    });
  }

  test('malformed answers: an order without authorizations, an answer without end', async () => {
    const order = { status: 'pending', identifiers: [], finalize: 'https://127.0.0.1/f' };
    const headers = { location: '/order/1' };
    proxy.rule = (request) =>
      request.resource === 'newOrder' ? { status: 201, headers, body: JSON.stringify(order) } : null;
    assert.match((await failureOf('order.test')).message, /no readable order \(authorizations/);
    proxy.rule = () => ({ status: 200, body: 'x'.repeat(2 * 1024 * 1024) });
    assert.match((await failureOf('endless.test')).message, /answer beyond/);
  });

  test('refusing every nonce: a bounded number of tries', async () => {
    let tries = 0;
    proxy.rule = (request) => {
      if (request.method !== 'POST') return null;
      tries++;
      return problem(400, 'badNonce', 'no', { 'replay-nonce': `n${tries}` });
    };
    assert.match((await failureOf('nonce.test')).message, /badNonce/);
    assert.equal(tries, 10);
  });

  test('an order that is gone when it is looked at again: the next attempt starts afresh', async () => {
    let orders = 0;
    let path = '';
    proxy.rule = (request: ProxiedRequest) => {
      if (request.resource === 'newOrder') orders++;
      if (request.resource === 'other' && /order/i.test(request.path) && orders === 1) path ||= request.path;
      return request.path === path && orders === 1 ? problem(404, 'malformed', 'order expired') : null;
    };
    assert.match((await failureOf('expired.test')).message, /order expired/);
    await issuer().obtain(requestFor('expired.test'));
    assert.equal(orders, 2);
  });

  test('an authorization that fails: which kind of proof, the words of the CA, and nothing left behind', async () => {
    const silent = { kind: 'http-01' as const, present: async () => async () => {} };
    const failure = await failureOf('invalid.test', { solvers: [silent] });
    assert.equal(failure.kind, 'challenge');
    assert.equal(failure.challenge, 'http-01');
    assert.match(failure.message, /^http-01: invalid\.test: /);
    assert.match(failure.cure, /cert doctor/);
    const next = await issuer({}, { solvers: [silent, world.gate.tlsAlpn01] }).obtain({
      ...requestFor('invalid.test'),
      failedChallenges: ['http-01'],
    });
    assert.ok(next.notAfter > Date.now(), 'the other kind is tried first next time');
  });

  test('a clock that is days off is noticed before an order is spent', async () => {
    proxy.rule = (request) =>
      request.resource === 'directory'
        ? {
            status: 200,
            headers: { date: new Date(Date.now() + 5 * 86_400_000).toUTCString() },
            body: JSON.stringify(
              Object.fromEntries(['newNonce', 'newAccount', 'newOrder'].map((k) => [k, proxy.directory])),
            ),
          }
        : null;
    const failure = await failureOf('clock.test');
    assert.equal(failure.kind, 'clock');
    assert.match(failure.message, /120 h behind/);
  });
});

test('renewal information, profiles and replacements are spoken as the drafts and RFC 9773 say', async () => {
  proxy.meta = { profiles: { shortlived: 'six days' } };
  const start = new Date(Date.now() + 86_400_000).toISOString();
  const end = new Date(Date.now() + 2 * 86_400_000).toISOString();
  let replaced = 0;
  proxy.rule = (request) => {
    const payload = (request.payload ?? {}) as { profile?: string; replaces?: string };
    if (request.resource === 'renewalInfo') {
      const body = JSON.stringify({ suggestedWindow: { start, end }, explanationURL: 'https://ca.test/why' });
      return { status: 200, headers: { 'retry-after': '21600' }, body };
    }
    if (request.resource !== 'newOrder') return null;
    if (payload.profile !== 'shortlived') return problem(400, 'invalidProfile', 'unknown profile');
    if (payload.replaces && ++replaced > 1) return problem(409, 'alreadyReplaced', 'already replaced');
    return null;
  };
  const wrong = await issuer({ profile: 'none' })
    .obtain(requestFor('profile.test'))
    .catch((error) => error);
  assert.equal(wrong.kind, 'configuration');
  const ca = issuer({ profile: 'shortlived' });
  const first = await ca.obtain(requestFor('ari.test'));
  const info = await ca.renewalInfo(first, new AbortController().signal);
  assert.equal(info?.start, Date.parse(start));
  assert.equal(info?.explanation, 'https://ca.test/why');
  assert.ok(info?.retryAt !== undefined && Math.abs(info.retryAt - Date.now() - 21_600_000) < 60_000);
  const asked = proxy.seen.find((one) => one.resource === 'renewalInfo');
  assert.equal(asked?.path, `/renewal-info/${first.renewalId}`);
  await ca.obtain({ ...requestFor('ari.test'), previous: first });
  await ca.obtain({ ...requestFor('ari.test'), previous: first });
  const orders = proxy.seen
    .filter((one) => one.resource === 'newOrder')
    .map((one) => one.payload as { replaces?: string });
  const replaces = orders.map((one) => one.replaces);
  assert.deepEqual(replaces.slice(-3), [first.renewalId, first.renewalId, undefined]);
});
