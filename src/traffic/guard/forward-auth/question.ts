import { isNamedByConnection } from '../../../wire/http1/connection-field.ts';
import { fieldId } from '../../../wire/http1/field-names.ts';
import type { HeadWriter } from '../../../wire/http1/head-writer.ts';
import { comparableName } from '../../filter/header-changes.ts';
import { isKeptFromApps } from '../../filter/request-fields.ts';
import { composeVia } from '../../filter/via-field.ts';
import type { Visit } from '../visit.ts';

/** Fields of the request that would make the service answer about something else: its body, or a part of an answer that is there already. */
const leftOut: ReadonlySet<string> = new Set([
  'accept-encoding',
  'content-encoding',
  'content-length',
  'content-type',
  'expect',
  'host',
  'if-match',
  'if-modified-since',
  'if-none-match',
  'if-range',
  'if-unmodified-since',
  'range',
  'trailer',
  'x-original-method',
]);

/** Where a question goes, and which names only its answer may use. */
export interface Addressee {
  /** Path and query. */
  readonly path: string;
  readonly host: string;
  /** In the form of `comparableName`. */
  readonly owned: ReadonlySet<string>;
}

/**
 * Composes the question whether a request may pass: a GET with the request's own fields, which is told in the fields that Traefik,
 * Caddy (`X-Forwarded-…`) and nginx (`X-Original-…`) tell it in. What earlier guards have taken out stays out.
 */
export function composeQuestion(writer: HeadWriter, visit: Visit, { path, host, owned }: Addressee): void {
  const { request, clientAddress, scheme } = visit;
  const { fields } = request;
  writer.reset();
  writer.text('GET ');
  writer.text(path);
  writer.text(' HTTP/1.1\r\n');
  writer.field('Host', host);
  for (let i = 0; i < fields.count; i++) {
    if (isKeptFromApps(fields, i) || visit.droppedIds.includes(fields.ids[i]!)) continue;
    if (request.connectionNamesFields && isNamedByConnection(fields, i)) continue;
    const name = comparableName(fields.name(i));
    if (leftOut.has(name) || (owned.has(name) && !isCredential(fields.ids[i]!))) continue;
    writer.fieldOf(fields, i);
  }
  writer.field('X-Forwarded-For', clientAddress);
  writer.field('X-Real-IP', clientAddress);
  writer.field('X-Forwarded-Proto', scheme);
  writer.field('X-Forwarded-Host', visit.host);
  writer.field('X-Forwarded-Uri', request.target);
  writer.field('X-Forwarded-Method', request.method);
  writer.field('X-Original-URL', urlOf(visit));
  writer.field('X-Original-Method', request.method);
  composeVia(writer, request, request.version);
  writer.text(visit.requestLines);
  writer.text('\r\n');
}

/** The address as the client sees it. */
export function urlOf({ scheme, host, request }: Visit): string {
  return `${scheme}://${host}${request.target === '*' ? '/' : request.target}`;
}

/** What the client proves itself to the service with, whatever the app is given in its place. */
function isCredential(id: number): boolean {
  return id === fieldId.authorization || id === fieldId.cookie;
}
