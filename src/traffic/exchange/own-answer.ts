import type { HeadWriter } from '../../wire/http1/head-writer.ts';
import { dateField } from '../filter/date-field.ts';
import { type AnswerPage, noContent, redirectPage } from './answer-page.ts';

/** The methods that pass. */
export const allow = 'Allow: GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS\r\n';

/** Our own pages hold text and a style sheet, and nothing in them comes from a client. */
export const ownPageLines =
  "X-Content-Type-Options: nosniff\r\nContent-Security-Policy: default-src 'none'; style-src 'unsafe-inline'\r\n";

/** What the gate answers to a request that goes to no app. */
export class OwnAnswer {
  readonly status: number;
  /** null: the error page of `status`, which names the request, so it is made when it is sent. */
  readonly page: AnswerPage | null;
  /** With an error a sentence of our own for page and log; '' for the usual one. */
  readonly detail: string;
  /** Complete field lines to add. */
  readonly lines: string;

  constructor(status: number, page: AnswerPage | null, detail: string, lines: string) {
    this.status = status;
    this.page = page;
    this.detail = detail;
    this.lines = lines;
  }
}

export function refusal(status: number, detail: string): OwnAnswer {
  return new OwnAnswer(status, null, detail, '');
}

export function ownPage(page: AnswerPage, lines: string): OwnAnswer {
  return new OwnAnswer(page.status, page, '', lines);
}

export function redirect(status: number, location: string): OwnAnswer {
  return ownPage(redirectPage(status), `Location: ${location}\r\n`);
}

/** Composes the field lines of an own answer whose body has `length` octets; `lines` are complete ones to add. */
export function composeOwnFields(writer: HeadWriter, page: AnswerPage, length: number, lines: string): void {
  writer.line(dateField());
  if (page !== noContent) writer.text(`Content-Type: ${page.contentType}\r\nContent-Length: ${length}\r\n`);
  if (page.status >= 400) writer.text('Cache-Control: no-store\r\n');
  writer.text(lines);
}
