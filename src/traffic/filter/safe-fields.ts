import type { HeaderChanges, SafeHeaders } from '../../model/site.ts';
import { fieldId } from '../../wire/http1/field-names.ts';
import type { FieldTable } from '../../wire/http1/field-table.ts';
import type { HeadWriter } from '../../wire/http1/head-writer.ts';
import { startsWithIgnoreCase } from '../../wire/http1/octets.ts';
import type { ResponseHead } from '../../wire/http1/response-head.ts';
import { comparableName } from './header-changes.ts';

/** A field for responses whose app does not say it itself. */
export interface SafeField {
  readonly id: number;
  /** A complete field line. */
  readonly line: Buffer;
  /** Only for pages: on anything else it would change what the page says. */
  readonly pagesOnly: boolean;
  /** Only over TLS. */
  readonly secureOnly: boolean;
}

/** `hsts` is the value of Strict-Transport-Security, '' for none. What the route's own rules are about is left to them. */
export function compileSafeFields(
  safe: SafeHeaders | undefined,
  hsts: string,
  rules: HeaderChanges,
): readonly SafeField[] {
  const ruled = new Set([...rules.set.keys(), ...rules.add.keys(), ...rules.remove].map(comparableName));
  const field = (
    name: 'strict-transport-security' | 'x-content-type-options' | 'x-frame-options' | 'referrer-policy',
    written: string,
    value: string,
  ): SafeField[] => {
    if (value === '' || ruled.has(name)) return [];
    const pagesOnly = name === 'referrer-policy';
    return [
      {
        id: fieldId[name],
        line: Buffer.from(`${written}: ${value}\r\n`, 'latin1'),
        pagesOnly,
        secureOnly: name === 'strict-transport-security',
      },
    ];
  };
  return [
    ...field('strict-transport-security', 'Strict-Transport-Security', hsts),
    ...field('x-content-type-options', 'X-Content-Type-Options', safe?.nosniff ? 'nosniff' : ''),
    ...field('x-frame-options', 'X-Frame-Options', safe?.frames ?? ''),
    ...field('referrer-policy', 'Referrer-Policy', safe?.referrerPolicy ?? ''),
  ];
}

/** Appends those that the app's response does not have. */
export function composeSafeFields(
  writer: HeadWriter,
  head: ResponseHead,
  safe: readonly SafeField[],
  secure: boolean,
): void {
  for (const { id, line, pagesOnly, secureOnly } of safe) {
    if ((secureOnly && !secure) || (pagesOnly && !isPage(head))) continue;
    if (head.fields.find(id) < 0) writer.line(line);
  }
}

/** HTML that is shown; a redirect hands its policy on to the page behind it. */
function isPage({ status, fields }: ResponseHead): boolean {
  return (status < 300 || status >= 400) && isHtml(fields);
}

function isHtml(fields: FieldTable): boolean {
  const index = fields.find(fieldId['content-type']);
  return (
    index >= 0 && startsWithIgnoreCase(fields.bytes, fields.valueStart(index), fields.valueEnd(index), 'text/html')
  );
}

/** A cookie as the app sets it, marked `Secure` (RFC 6265 section 4.1.2.5). */
export function secureCookie(value: string): string {
  return /;\s*secure\s*(?:;|$)/i.test(value) ? value : `${value}; Secure`;
}
