import { randomBytes } from 'node:crypto';
import { isNamedByConnection } from '../../wire/http1/connection-field.ts';
import { fieldId, imitationId } from '../../wire/http1/field-names.ts';
import type { FieldTable } from '../../wire/http1/field-table.ts';
import type { HeadWriter } from '../../wire/http1/head-writer.ts';
import { startsWithIgnoreCase } from '../../wire/http1/octets.ts';
import type { RequestHead } from '../../wire/http1/request-head.ts';
import { type CompiledChanges, comparableName } from './header-changes.ts';
import { composeVia } from './via-field.ts';

/** What a route changes about a request. */
export interface RequestRewrite {
  /** Taken off the front of the path; '' for nothing. */
  readonly strippedPrefix: string;
  readonly changes: CompiledChanges | null;
}

/** What the guards of a route change about one request. */
export interface FieldEdits {
  /** Complete field lines to append. */
  readonly requestLines: string;
  /** Ids of known fields that are not passed on as sent. */
  readonly droppedIds: readonly number[];
}

/**
 * 1 for the known fields that never reach the app as the client sent them: those that belong to the connection
 * (RFC 9110 §7.6.1), those the gate states itself, `Proxy`, which CGI apps take for a setting of their own, and two that some
 * frameworks believe more than the path, by which a client could get past a route.
 */
const dropped = new Uint8Array(256);
for (const name of [
  'connection',
  'keep-alive',
  'proxy-connection',
  'te',
  'transfer-encoding',
  'upgrade',
  'http2-settings',
  'x-forwarded-for',
  'x-forwarded-proto',
  'x-forwarded-host',
  'x-real-ip',
  'forwarded',
  'via',
  'proxy',
  'x-original-url',
  'x-rewrite-url',
] as const) {
  dropped[fieldId[name]] = 1;
}

dropped[imitationId] = 1;

const statedPrefixes = ['x-forwarded-', 'x-client-cert-'];
const statedNames: ReadonlySet<string> = new Set(['client-cert', 'client-cert-chain']);

/** Composes the head of the request to the app. `forwarding` holds complete field lines; `edits` is null on a route without guards. */
export function composeRequestHead(
  writer: HeadWriter,
  head: RequestHead,
  rewrite: RequestRewrite,
  forwarding: Buffer,
  edits: FieldEdits | null,
): void {
  writer.reset();
  writer.text(head.method);
  writer.text(' ');
  composeTarget(writer, head, rewrite.strippedPrefix);
  writer.text(' HTTP/1.1\r\n');
  const { fields } = head;
  const { changes, strippedPrefix } = rewrite;
  const countsHops = head.method === 'OPTIONS';
  let runStart = -1;
  for (let i = 0; i < fields.count; i++) {
    let keep = dropped[fields.ids[i]!] === 0;
    if (keep && countsHops) keep = fields.ids[i] !== fieldId['max-forwards'];
    if (keep && fields.ids[i] === 0) keep = !isStatedByGate(fields, i);
    if (keep && head.upgradeProtocol !== '') keep = fields.ids[i] !== fieldId['sec-websocket-key'];
    if (keep && head.connectionNamesFields) keep = !isNamedByConnection(fields, i);
    if (keep && edits !== null) keep = !edits.droppedIds.includes(fields.ids[i]!);
    if (keep && changes !== null) keep = !changes.dropped.has(comparableName(fields.name(i)));
    if (keep) {
      if (runStart < 0) runStart = fields.lineStart(i);
    } else if (runStart >= 0) {
      writer.copy(fields.bytes, runStart, fields.lineStart(i));
      runStart = -1;
    }
  }
  if (runStart >= 0) writer.copy(fields.bytes, runStart, fields.end);
  writer.line(forwarding);
  if (strippedPrefix !== '') writer.field('X-Forwarded-Prefix', strippedPrefix);
  composeVia(writer, head, head.version);
  if (countsHops) composeMaxForwards(writer, fields);
  if (head.chunked) writer.text('Transfer-Encoding: chunked\r\n');
  if (head.upgrade) composeUpgrade(writer, head);
  if (changes !== null) writer.text(changes.lines);
  if (edits !== null) writer.text(edits.requestLines);
  writer.text('\r\n');
}

/** The target as the client sent it, or without the route's prefix. */
function composeTarget(writer: HeadWriter, head: RequestHead, strippedPrefix: string): void {
  const { bytes } = head.fields;
  let start = head.targetStart + strippedPrefix.length;
  // What is left must not begin with two slashes: many apps would take what follows them for a host (RFC 3986 §4.2).
  if (strippedPrefix !== '') while (bytes[start] === 0x2f && bytes[start + 1] === 0x2f) start++;
  // OPTIONS for an origin without a path is about the server as a whole (RFC 9112 §3.2.4).
  if (head.method === 'OPTIONS' && head.targetStart === head.targetEnd) return writer.text('*');
  if (start === head.targetEnd || (bytes[start] !== 0x2f && bytes[start] !== 0x2a)) writer.text('/');
  writer.copy(bytes, start, head.targetEnd);
}

/** How many more hops an OPTIONS request may be passed on (RFC 9110 §7.6.2); null when it does not say. */
export function maxForwards(fields: FieldTable): number | null {
  const text = fields.get(fieldId['max-forwards']) ?? '';
  return /^\d{1,15}$/.test(text) ? Number(text) : null;
}

function composeMaxForwards(writer: HeadWriter, fields: FieldTable): void {
  const hops = maxForwards(fields);
  if (hops !== null) writer.field('Max-Forwards', String(hops - 1));
}

function composeUpgrade(writer: HeadWriter, { fields, upgradeProtocol }: RequestHead): void {
  writer.text('Connection: Upgrade\r\n');
  if (upgradeProtocol !== '') {
    writer.field('Upgrade', upgradeProtocol);
    // HTTP/2 does without the key (RFC 8441 §5); HTTP/1.1 apps insist on one (RFC 6455 §4.1).
    if (upgradeProtocol === 'websocket') writer.field('Sec-WebSocket-Key', randomBytes(16).toString('base64'));
    return;
  }
  for (let i = 0; i < fields.count; i++) if (fields.ids[i] === fieldId.upgrade) writer.fieldOf(fields, i);
}

/** Whether field `index` never reaches an app as a client sent it. */
export function isKeptFromApps(fields: FieldTable, index: number): boolean {
  const id = fields.ids[index]!;
  return dropped[id] === 1 || (id === 0 && isStatedByGate(fields, index));
}

/**
 * Names that only the gate may use to the app, on every site: any other X-Forwarded-… name (Port, Server, Prefix, Scheme, …),
 * X-Client-Cert-… and those of RFC 9440. Apps believe them, so no client may send them, nor the spelling with underscores
 * that CGI-style environments cannot tell apart.
 */
function isStatedByGate(fields: FieldTable, index: number): boolean {
  const { bytes } = fields;
  const start = fields.offsets[index * 4]!;
  const end = fields.offsets[index * 4 + 1]!;
  const first = bytes[start]! | 0x20;
  if (first === 0x78) {
    const at = start + 2;
    if (!startsWithIgnoreCase(bytes, at, end, 'forwarded') && !startsWithIgnoreCase(bytes, at, end, 'client'))
      return false;
  } else if (first !== 0x63 || !startsWithIgnoreCase(bytes, start, end, 'client')) {
    return false;
  }
  const name = comparableName(fields.name(index));
  return statedPrefixes.some((prefix) => name.startsWith(prefix)) || statedNames.has(name);
}
