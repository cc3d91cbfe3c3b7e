/** One request of the gate's clients as the app must get it. */
export interface Passed {
  /** Method, target and version. */
  readonly line: string;
  /** The body, chunks joined; '' when left out. */
  readonly body?: string;
  /** Field lines that must be there, in lower case. */
  readonly has?: readonly string[];
  /** What no field line may match. */
  readonly hasNot?: RegExp;
}

/**
 * What must become of hostile bytes.
 * - `refused`: answered with this status by the gate, the connection closed; the app sees nothing of it.
 * - `cut`: the head is sound and may reach the app, the body is not: the app never sees a whole message.
 * - `answered`: an ordinary answer of the gate's own; the app sees nothing of it.
 * - `passes`: the app gets exactly these requests.
 */
export type Expected =
  | { readonly kind: 'refused' | 'cut' | 'answered'; readonly status: number }
  | { readonly kind: 'passes'; readonly requests: readonly Passed[] };

export interface HostileCase {
  readonly name: string;
  /** Of the standard that says so, or that is abused. */
  readonly section: string;
  /** An octet a character; `NAME` stands for the site's name. */
  readonly bytes: string;
  readonly expected: Expected;
  /** The site `routed`, which has several routes, rather than the one that passes everything. */
  readonly routed?: boolean;
}

export const refused = (section: string, name: string, bytes: string, status = 400): HostileCase => ({
  section,
  name,
  bytes,
  expected: { kind: 'refused', status },
});

export const cut = (section: string, name: string, bytes: string, status = 400): HostileCase => ({
  section,
  name,
  bytes,
  expected: { kind: 'cut', status },
});

export const answered = (section: string, name: string, bytes: string, status: number): HostileCase => ({
  section,
  name,
  bytes,
  expected: { kind: 'answered', status },
});

export const passes = (section: string, name: string, bytes: string, ...requests: Passed[]): HostileCase => ({
  section,
  name,
  bytes,
  expected: { kind: 'passes', requests },
});

/** A POST to `/` with these field lines, and what follows its blank line. */
export function post(fields: readonly string[], rest = ''): string {
  return `${['POST / HTTP/1.1', 'Host: NAME', ...fields].join('\r\n')}\r\n\r\n${rest}`;
}

/** A GET of `/` with these field lines. */
export function get(fields: readonly string[] = [], rest = ''): string {
  return `${['GET / HTTP/1.1', 'Host: NAME', ...fields].join('\r\n')}\r\n\r\n${rest}`;
}

/** What an attacker, in a body, wants the app to take for a request. */
export const smuggled = 'GET /smuggled HTTP/1.1\r\nHost: x.test\r\n\r\n';

/** A request of its own behind another. */
export const behind = 'GET /behind HTTP/1.1\r\nHost: NAME\r\n\r\n';

export const length = (text: string): string => `Content-Length: ${text.length}`;

/** A chunked body of one chunk. */
export const chunks = (text: string): string => `${text.length.toString(16)}\r\n${text}\r\n0\r\n\r\n`;
