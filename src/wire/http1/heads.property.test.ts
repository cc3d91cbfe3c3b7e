import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { framing, method, mutation, plainFields, runs, target, whiteSpace } from './corpus/arbitraries.ts';
import { type NaiveHead, naiveHead } from './corpus/naive-reader.ts';
import { requestCases } from './corpus/requests.ts';
import { responseCases } from './corpus/responses.ts';
import { imitationId } from './field-names.ts';
import type { FieldTable } from './field-table.ts';
import { failureStatus, failureTexts } from './outcome.ts';
import { RequestHead, readRequestHead } from './request-head.ts';
import { ResponseHead, readResponseHead } from './response-head.ts';

const most = 64;

function fieldsOf(table: FieldTable): string[] {
  return Array.from({ length: table.count }, (_, i) => `${table.name(i)}=${table.value(i)}`);
}

/** Asserts that a refusal is one that has a text and a status. */
function assertKnown(result: number): void {
  if (result >= 0) return;
  assert.ok(failureTexts[result]);
  assert.ok([400, 414, 431, 505].includes(failureStatus(result)));
}

function assertAgrees(naive: NaiveHead | null, table: FieldTable, end: number): asserts naive {
  assert.ok(naive);
  assert.deepEqual(fieldsOf(table), naive.fields);
  assert.equal(end, naive.end);
}

function checkRequest(text: string): void {
  const bytes = Buffer.from(text, 'latin1');
  const head = new RequestHead(most);
  const result = readRequestHead(bytes, 0, bytes.length, head);
  assertKnown(result);
  if (result <= 0) return;
  const naive = naiveHead(text);
  assertAgrees(naive, head.fields, result);
  const [naiveMethod, naiveTarget = '', version] = naive.start;
  assert.equal(naive.start.length, 3);
  assert.equal(head.method, naiveMethod);
  assert.equal(head.target, naiveTarget.replace(/^https?:\/\/[^/?]*/i, '').replace(/^(?=\?|$)/, '/'));
  assert.equal(head.minorVersion === 0, version === 'HTTP/1.0');
  const framed = head.chunked ? 'chunked' : head.contentLength < 0 ? 'none' : `length ${head.contentLength}`;
  assert.equal(framed, naive.framing);
}

function checkResponse(text: string, toHead: boolean): void {
  const bytes = Buffer.from(text, 'latin1');
  const head = new ResponseHead(most);
  const result = readResponseHead(bytes, 0, bytes.length, toHead, head);
  assertKnown(result);
  if (result <= 0) return;
  const naive = naiveHead(text);
  assertAgrees(naive, head.fields, result);
  assert.equal(String(head.status), naive.start[1]);
  // A careless client may take an imitation for the real name; who passes the fields on drops it (imitationId).
  if (head.fields.ids.subarray(0, head.fields.count).includes(imitationId)) return;
  const framed =
    head.framing === 'chunked' ? 'chunked' : head.contentLength < 0 ? 'none' : `length ${head.contentLength}`;
  if (head.framing !== 'none') assert.equal(framed, naive.framing);
}

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
    fc.property(seeds, mutation, (text, damage) => checkRequest(damage(text))),
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
    fc.property(seeds, mutation, fc.boolean(), (text, damage, toHead) => checkResponse(damage(text), toHead)),
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
