import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AcmeError } from './problem.ts';
import { certificateId, fetchRenewalInfo } from './renewal-info.ts';
import type { AcmeTransport } from './transport.ts';

/** The certificate of RFC 9773, Appendix A. */
const example = `-----BEGIN CERTIFICATE-----
MIIBQzCB66ADAgECAgUAh2VDITAKBggqhkjOPQQDAjAVMRMwEQYDVQQDEwpFeGFt
cGxlIENBMCIYDzAwMDEwMTAxMDAwMDAwWhgPMDAwMTAxMDEwMDAwMDBaMBYxFDAS
BgNVBAMTC2V4YW1wbGUuY29tMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEeBZu
7cbpAYNXZLbbh8rNIzuOoqOOtmxA1v7cRm//AwyMwWxyHz4zfwmBhcSrf47NUAFf
qzLQ2PPQxdTXREYEnKMjMCEwHwYDVR0jBBgwFoAUaYhba4dGQEHhs3uEe6CuLN4B
yNQwCgYIKoZIzj0EAwIDRwAwRAIge09+S5TZAlw5tgtiVvuERV6cT4mfutXIlwTb
+FYN/8oCIClDsqBklhB9KAelFiYt9+6FDj3z4KGVelYM5MdsO3pK
-----END CERTIFICATE-----
`;

test("the identifier of RFC 9773's own example", () => {
  assert.equal(certificateId(example), 'aYhba4dGQEHhs3uEe6CuLN4ByNQ.AIdlQyE');
});

const answering = (body: string): AcmeTransport => {
  return async (url) => ({ url, status: 200, body, header: (name) => (name === 'retry-after' ? '3600' : undefined) });
};
const fetchFrom = (body: string) => fetchRenewalInfo(answering(body), 'https://ca.test/info', 'a.b', 0);

test('a window and the time to ask again', async () => {
  const suggestedWindow = { start: '2026-01-02T04:00:00Z', end: '2026-01-03T04:00:00+00:00' };
  const info = await fetchFrom(JSON.stringify({ suggestedWindow, explanationURL: 'not a URL' }));
  assert.deepEqual(info, {
    start: Date.parse(suggestedWindow.start),
    end: Date.parse(suggestedWindow.end),
    explanation: '',
    retryAt: 3_600_000,
  });
});

test('a window that ends before it starts, or that is none, is no answer', async () => {
  const backwards = { start: '2026-01-03T04:00:00Z', end: '2026-01-02T04:00:00Z' };
  for (const body of [
    JSON.stringify({ suggestedWindow: backwards }),
    '{"suggestedWindow":{"start":"soon"}}',
    '[]',
    '<',
  ]) {
    await assert.rejects(fetchFrom(body), (error: AcmeError) => error.kind === 'malformed');
  }
});
