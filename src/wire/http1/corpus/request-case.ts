import type { Case, Refusal } from './case.ts';

/** What a good request means; what is left out of a case is not compared, but for `body`. */
export interface RequestMeaning {
  readonly method?: string;
  readonly target?: string;
  readonly path?: string;
  readonly host?: string;
  readonly hostName?: string;
  /** `none` when left out. */
  readonly body?: 'none' | 'chunked' | number;
  readonly keepAlive?: boolean;
  readonly upgrade?: boolean;
  readonly expectContinue?: boolean;
  readonly minorVersion?: number;
  readonly namesFields?: boolean;
  /** Every field as `name=value`. */
  readonly fields?: readonly string[];
}

export type RequestCase = Case<RequestMeaning>;

/** A request that is read. */
export function good(section: string, name: string, bytes: string, wanted: RequestMeaning = {}): RequestCase {
  return { section, name, bytes, wanted };
}

/** A request that is refused, or never complete. */
export function bad(section: string, name: string, bytes: string, wanted: Refusal): RequestCase {
  return { section, name, bytes, wanted };
}

/** A GET with a Host and these lines. */
export function get(...lines: string[]): string {
  return [`GET / HTTP/1.1`, 'Host: a.example', ...lines, '', ''].join('\r\n');
}

/** A POST with a Host and these lines. */
export function post(...lines: string[]): string {
  return [`POST / HTTP/1.1`, 'Host: a.example', ...lines, '', ''].join('\r\n');
}

/** A request with this start line. */
export function start(line: string): string {
  return `${line}\r\nHost: a.example\r\n\r\n`;
}

/** A GET with this Host. */
export function withHost(value: string): string {
  return `GET / HTTP/1.1\r\nHost: ${value}\r\n\r\n`;
}
