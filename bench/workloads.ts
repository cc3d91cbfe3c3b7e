/** Requests of one kind, sent as fast as the proxy answers. */
export interface LoadWorkload {
  readonly kind: 'load';
  /** How `--only` calls it. */
  readonly id: string;
  readonly title: string;
  /** The program that sends it. */
  readonly generator: 'wrk' | 'h2load';
  /** What the backend is asked for; see {@link bodies}. */
  readonly path: keyof typeof bodies;
  readonly connections: number;
  /** Requests at once on each connection; more than one in HTTP/2 only. */
  readonly streams: number;
  readonly headers: readonly string[];
  /** Asks the site that wants a password; only for peers that have one. */
  readonly guarded?: true;
}

/** Open connections on which nothing happens: memory for each. */
export interface IdleWorkload {
  readonly kind: 'idle';
  readonly id: string;
  readonly protocol: 'http/1.1' | 'h2';
  readonly title: string;
  readonly connections: number;
}

export type Workload = LoadWorkload | IdleWorkload;

/** The backend's answers by path: their length in bytes. */
export const bodies = { '/102': 102, '/10k': 10 * 1024, '/1m': 1024 * 1024 } as const;

/** What a browser sends with a page request, besides Host and Connection. */
const browserHeaders = [
  'sec-ch-ua: "Chromium";v="139", "Not;A=Brand";v="99"',
  'sec-ch-ua-mobile: ?0',
  'sec-ch-ua-platform: "Linux"',
  'Upgrade-Insecure-Requests: 1',
  'User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/139.0.0.0 Safari/537.36',
  'Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8',
  'Sec-Fetch-Site: same-origin',
  'Sec-Fetch-Mode: navigate',
  'Sec-Fetch-User: ?1',
  'Sec-Fetch-Dest: document',
  'Accept-Encoding: gzip, deflate, br, zstd',
  'Accept-Language: en-GB,en;q=0.9,de;q=0.8',
  'Cookie: session=0123456789abcdef0123456789abcdef; theme=dark; consent=yes',
];

function http1(
  id: string,
  title: string,
  path: keyof typeof bodies,
  connections: number,
  headers: readonly string[] = [],
) {
  return {
    kind: 'load',
    id,
    title: `HTTP/1.1, ${title}`,
    generator: 'wrk',
    path,
    connections,
    streams: 1,
    headers,
  } as const;
}

function http2(path: keyof typeof bodies, size: string, connections: number, streams: number): LoadWorkload {
  const id = `h2-${path.slice(1)}-${connections}x${streams}`;
  const title = `HTTP/2, ${size}, ${connections} connections x ${streams} streams`;
  return { kind: 'load', id, title, generator: 'h2load', path, connections, streams, headers: [] };
}

/** Of the user that guarded sites know. */
const authorization = `Authorization: Basic ${Buffer.from('bench:correct horse').toString('base64')}`;

export const workloads: readonly Workload[] = [
  http1('h1-102', '102 B, 64 connections', '/102', 64),
  {
    ...http1('h1-102-auth', '102 B, 64 connections, a password with each request', '/102', 64, [authorization]),
    guarded: true,
  },
  http1('h1-102-browser', '102 B, 64 connections, 13 browser headers', '/102', 64, browserHeaders),
  http1('h1-10k', '10 KiB, 64 connections', '/10k', 64),
  http1('h1-1m-64', '1 MiB, 64 connections', '/1m', 64),
  http1('h1-1m-16', '1 MiB, 16 connections', '/1m', 16),
  http1('handshake', 'new TLS 1.3 handshake + 102 B request, 32 at a time', '/102', 32, ['Connection: close']),
  http2('/102', '102 B', 16, 16),
  http2('/102', '102 B', 64, 1),
  http2('/102', '102 B', 1, 100),
  http2('/10k', '10 KiB', 16, 16),
  http2('/1m', '1 MiB', 16, 16),
  { kind: 'idle', id: 'idle', protocol: 'http/1.1', title: 'memory per idle TLS connection', connections: 1000 },
  { kind: 'idle', id: 'h2-idle', protocol: 'h2', title: 'memory per idle HTTP/2 connection', connections: 1000 },
];
