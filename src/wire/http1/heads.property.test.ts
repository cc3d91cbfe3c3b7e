import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { checkRequest, checkResponse, fieldsOf, most } from './corpus/agreement.ts';
import { framing, method, mutation, plainFields, runs, target, whiteSpace } from './corpus/arbitraries.ts';
import { requestCases } from './corpus/requests.ts';
import { responseCases } from './corpus/responses.ts';
import { RequestHead, readRequestHead } from './request-head.ts';

const request = fc.record({ method, target, fields: plainFields, framing, before: whiteSpace, after: whiteSpace });

function requestText({
  method,
  target,
  fields,
  framing,
  before,
  after,
}: typeof request extends fc.Arbitrary<infer T> ? T : never): string {
  const lines = fields.map(([name, value]) => `${name}:${before}${value}${after}\r\n`).join('');
  return `${method} ${target} HTTP/1.1\r\n${lines}Host: a.example\r\n${framing.line}\r\n`;
}

test('a good request is found as it was written', () => {
  fc.assert(
    fc.property(request, (made) => {
      const text = requestText(made);
      const bytes = Buffer.from(text, 'latin1');
      const head = new RequestHead(most);
      assert.equal(readRequestHead(bytes, 0, bytes.length, head), bytes.length);
      assert.equal(head.method, made.method);
      assert.equal(head.target, made.target);
      assert.deepEqual(
        fieldsOf(head.fields).slice(0, made.fields.length),
        made.fields.map(([name, value]) => `${name}=${value}`),
      );
      assert.equal(head.chunked ? 'chunked' : head.contentLength < 0 ? 'none' : head.contentLength, made.framing.body);
      checkRequest(text);
    }),
    { numRuns: runs },
  );
});

test('a damaged request is refused, or means the same to a careless reader', () => {
  const seeds = fc.oneof(fc.constantFrom(...requestCases.map(({ bytes }) => bytes)), request.map(requestText));
  fc.assert(
    fc.property(seeds, mutation, (text, damage) => void checkRequest(damage(text))),
    { numRuns: runs * 2 },
  );
});

test('a damaged response is refused, or means the same to a careless reader', () => {
  const seeds = fc.oneof(
    fc.constantFrom(...responseCases.map(({ bytes }) => bytes)),
    request.map(({ fields, framing }) => {
      const lines = fields.map(([name, value]) => `${name}: ${value}\r\n`).join('');
      return `HTTP/1.1 200 OK\r\n${lines}${framing.line}\r\n`;
    }),
  );
  fc.assert(
    fc.property(seeds, mutation, fc.boolean(), (text, damage, toHead) => void checkResponse(damage(text), toHead)),
    { numRuns: runs * 2 },
  );
});

test('octets of any kind are refused or wait for more', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (octets) => {
      const text = Buffer.from(octets).toString('latin1');
      checkRequest(text);
      checkResponse(text, false);
    }),
    { numRuns: runs },
  );
});
