import assert from 'node:assert/strict';
import { imitationId } from '../field-names.ts';
import type { FieldTable } from '../field-table.ts';
import { failureStatus, failureTexts } from '../outcome.ts';
import { RequestHead, readRequestHead } from '../request-head.ts';
import { ResponseHead, readResponseHead } from '../response-head.ts';
import { type NaiveHead, naiveHead } from './naive-reader.ts';

/** Most fields of the heads that are filled here. */
export const most = 64;

/** Every field as `name=value`. */
export function fieldsOf(table: FieldTable): string[] {
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

/** Asserts that the strict reader refuses a request, waits for more, or reads the same as a careless one; returns its number. */
export function checkRequest(text: string): number {
  const bytes = Buffer.from(text, 'latin1');
  const head = new RequestHead(most);
  const result = readRequestHead(bytes, 0, bytes.length, head);
  assertKnown(result);
  if (result <= 0) return result;
  const naive = naiveHead(text);
  assertAgrees(naive, head.fields, result);
  const [naiveMethod, naiveTarget = '', version] = naive.start;
  assert.equal(naive.start.length, 3);
  assert.equal(head.method, naiveMethod);
  // CONNECT is refused whatever its target is, so that is left unread.
  if (head.method !== 'CONNECT')
    assert.equal(head.target, naiveTarget.replace(/^https?:\/\/[^/?]*/i, '').replace(/^(?=\?|$)/, '/'));
  assert.equal(head.minorVersion === 0, version === 'HTTP/1.0');
  const framed = head.chunked ? 'chunked' : head.contentLength < 0 ? 'none' : `length ${head.contentLength}`;
  assert.equal(framed, naive.framing);
  return result;
}

/** The same for a response. */
export function checkResponse(text: string, toHead: boolean): number {
  const bytes = Buffer.from(text, 'latin1');
  const head = new ResponseHead(most);
  const result = readResponseHead(bytes, 0, bytes.length, toHead, head);
  assertKnown(result);
  if (result <= 0) return result;
  const naive = naiveHead(text);
  assertAgrees(naive, head.fields, result);
  assert.equal(String(head.status), naive.start[1]);
  // A careless client may take an imitation for the real name; who passes the fields on drops it (imitationId).
  if (head.fields.ids.subarray(0, head.fields.count).includes(imitationId)) return result;
  const framed =
    head.framing === 'chunked' ? 'chunked' : head.contentLength < 0 ? 'none' : `length ${head.contentLength}`;
  if (head.framing !== 'none') assert.equal(framed, naive.framing);
  return result;
}
