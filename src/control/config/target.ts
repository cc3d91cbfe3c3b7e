import { bracketed, isAddress, normaliseHost, splitHostPort } from '../../model/host.ts';
import type { Target } from '../../model/site.ts';
import { type Fault, fail, type Outcome } from './fault.ts';

const wanted = '8080, host:port, http://host:port, https://host or unix:/path';
const portRange = 'a port from 1 to 65535';
/** Longest path the system takes for a Unix socket (sun_path, less its final NUL). */
export const longestSocketPath = 107;

/** The object form of a target. */
export interface TargetObject {
  readonly url: string | number;
  readonly caFile?: string | undefined;
  readonly serverName?: string | undefined;
}

/** A target whose `caFile` is still to be read. */
export interface ParsedTarget {
  readonly target: Target;
  readonly caFile: string | null;
}

/** A target in any of its written forms. A bare port is on 127.0.0.1. */
export function parseTarget(input: string | number | TargetObject): Outcome<ParsedTarget> {
  if (typeof input !== 'object') return parseText(String(input));
  const outcome = parseText(String(input.url));
  if (outcome.faults) return { faults: outcome.faults.map((fault) => ({ ...fault, below: ['url'] })) };
  const { target } = outcome.value;
  const tls = target.kind === 'tcp' ? target.tls : null;
  if (target.kind !== 'tcp' || tls === null) {
    const needless = (['caFile', 'serverName'] as const).filter((key) => input[key] !== undefined);
    if (needless.length === 0) return outcome;
    const cure = 'Write https:// in url, or take this key out.';
    return { faults: needless.map((key) => ({ what: 'only for https:// targets', cure, below: [key], onKey: true })) };
  }
  let { serverName } = tls;
  if (input.serverName !== undefined) {
    const name = normaliseHost(input.serverName);
    if (name === null)
      return fail('not a host name', { wanted: 'a host name such as app.example.org', below: ['serverName'] });
    serverName = name;
  }
  return { value: { target: { ...target, tls: { ...tls, serverName } }, caFile: input.caFile ?? null } };
}

function parseText(input: string): Outcome<ParsedTarget> {
  const text = input.trim();
  if (/^-?[0-9.]+$/.test(text) && !isAddress(text)) return tcp('127.0.0.1', text, false);
  if (/^unix:/i.test(text)) return parseUnix(text.slice('unix:'.length));
  const url = /^([a-z][a-z0-9+.-]*):\/\/([^/?#]*)(.*)$/is.exec(text);
  if (url) return parseUrl((url[1] ?? '').toLowerCase(), url[2] ?? '', url[3] ?? '');
  const slash = text.indexOf('/');
  if (slash > 0 && !text.includes('@')) return fail(...pathFault(text.slice(0, slash)));
  return parseAuthority(text, null, false);
}

function parseUnix(path: string): Outcome<ParsedTarget> {
  if (!path.startsWith('/') || path.includes('\0')) {
    const didYouMean = path.startsWith('//') ? `unix:${path.slice(2)}` : undefined;
    return fail('a socket without an absolute path', { wanted: 'unix:/run/app.sock', didYouMean });
  }
  if (Buffer.byteLength(path) > longestSocketPath) {
    return fail('a socket path that is too long', { wanted: `at most ${longestSocketPath} bytes` });
  }
  return { value: { target: { kind: 'unix', name: `unix:${path}`, path }, caFile: null } };
}

function parseUrl(scheme: string, authority: string, rest: string): Outcome<ParsedTarget> {
  if (authority.toLowerCase() === 'unix:') {
    return fail('a socket in a URL', { wanted, didYouMean: `unix:${rest.replace(/:.*$/s, '')}` });
  }
  if (authority.includes('@')) {
    const cure =
      'Take the user and password out; an app that wants them gets them by headers: request: set: Authorization.';
    return fail('a user or password in a target', { wanted, cure });
  }
  if (scheme !== 'http' && scheme !== 'https') {
    const instead = { ws: 'http', wss: 'https' }[scheme];
    const didYouMean = instead && `${instead}://${authority}`;
    const cure = instead && 'WebSockets need no scheme of their own: they begin as HTTP.';
    return fail('an unknown scheme', { wanted, didYouMean, cure });
  }
  if (/[?#]/.test(rest))
    return fail('a query or fragment in a target', { wanted, didYouMean: `${scheme}://${authority}` });
  if (rest !== '' && rest !== '/') return fail(...pathFault(`${scheme}://${authority}`));
  return parseAuthority(authority, scheme === 'https' ? '443' : '80', scheme === 'https');
}

function pathFault(didYouMean: string): [string, Omit<Fault, 'what'>] {
  const cure =
    'Take the path out: the app gets the path of the request whole; to remove the path of the route from its front, write stripPrefix: true in the route.';
  return ['a path in a target', { wanted, didYouMean, cure }];
}

function parseAuthority(text: string, defaultPort: string | null, tls: boolean): Outcome<ParsedTarget> {
  const parts = splitHostPort(text);
  if (text.includes('@')) return fail('a user or password in a target', { wanted });
  if (parts === null) {
    const unbracketed = /^(.*:.*):(\d+)$/.exec(text);
    const host = normaliseHost(unbracketed?.[1] ?? '');
    const didYouMean = host ? `${bracketed(host)}:${unbracketed?.[2]}` : undefined;
    return fail('not a target', {
      wanted,
      didYouMean,
      cure: 'Write an IPv6 address in brackets, and all of it in quotes.',
    });
  }
  const port = parts.port ?? defaultPort;
  if (parts.host === '') return fail('a target without a host', { wanted, didYouMean: parts.port ?? undefined });
  const host = normaliseHost(parts.host);
  if (host === null) return fail('not a target', { wanted });
  if (port === null) return fail('a target without a port', { wanted, didYouMean: `${bracketed(host)}:8080` });
  return tcp(host, port, tls);
}

function tcp(host: string, portText: string, tls: boolean): Outcome<ParsedTarget> {
  const port = Number(portText);
  if (!/^\d{1,5}$/.test(portText) || port < 1 || port > 65_535) return fail('not a port', { wanted: portRange });
  const name = `${tls ? 'https://' : ''}${bracketed(host)}:${port}`;
  const target: Target = { kind: 'tcp', name, host, port, tls: tls ? { serverName: host, ca: null } : null };
  return { value: { target, caFile: null } };
}
