import { splitHostPort } from '../../model/host.ts';
import type { Target } from '../../model/site.ts';

/** How the app and the world see the same place. */
export interface Origins {
  /** Scheme and authority the client used, e.g. `https://anki.example.net`. */
  readonly publicOrigin: string;
  /** The Host field's value. */
  readonly publicHost: string;
  readonly target: Target;
  /** What was taken off the front of the path, without final slash; '' when nothing was. */
  readonly prefix: string;
  /** The app's cookies are marked Secure. */
  readonly secureCookies?: boolean;
}

/**
 * Rewrites a URL reference that the app sent (`Location`, `Content-Location`, `Refresh`) so that it works from outside:
 * the app's own origin becomes the public one, and a path gets the stripped prefix back. Anything else stays.
 */
export function publicReference(reference: string, origins: Origins): string {
  const absolute = /^(?:(https?):)?\/\/([^/?#\\]*)(.*)$/is.exec(reference);
  if (!absolute) {
    if (!reference.startsWith('/') || reference.startsWith('//')) return reference;
    return withPrefix(reference, origins.prefix);
  }
  const { target } = origins;
  const appScheme = target.kind === 'tcp' && target.tls !== null ? 'https' : 'http';
  const [, written = appScheme, authority = '', rest = ''] = absolute;
  const scheme = written.toLowerCase();
  // An app that speaks plain HTTP and says https:// wants to be reached by HTTPS: that is no slip to be put right.
  const wantsHttps = scheme === 'https' && appScheme === 'http' && origins.publicOrigin.startsWith('http:');
  if (isTarget(authority, scheme, target) || (!wantsHttps && isPublicHost(authority, origins))) {
    return origins.publicOrigin + withPrefix(rest.startsWith('/') || rest === '' ? rest : `/${rest}`, origins.prefix);
  }
  return reference;
}

/** An app that knows its prefix (X-Forwarded-Prefix tells it) has put it there itself. */
function withPrefix(path: string, prefix: string): string {
  if (prefix === '') return path;
  if (path === prefix || (path.startsWith(prefix) && /[/?#]/.test(path[prefix.length] ?? ''))) return path;
  return prefix + path;
}

function isTarget(authority: string, scheme: string, target: Target): boolean {
  if (target.kind !== 'tcp' || scheme !== (target.tls ? 'https' : 'http')) return false;
  const parts = splitHostPort(authority.toLowerCase());
  if (parts === null) return false;
  const port = parts.port === null || parts.port === '' ? (target.tls ? 443 : 80) : Number(parts.port);
  if (port !== target.port) return false;
  const host = parts.host.replace(/^\[|\]$/g, '');
  return host === target.host || (isLoopback(host) && isLoopback(target.host));
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '127.0.0.1' || host === '::1';
}

/** The app saw the public Host, so it may have built its URL from that, with its own idea of scheme and port (as nginx does). */
function isPublicHost(authority: string, { publicHost, target }: Origins): boolean {
  const theirs = splitHostPort(authority.toLowerCase());
  const ours = splitHostPort(publicHost.toLowerCase());
  if (theirs === null || ours === null || theirs.host !== ours.host) return false;
  return (
    theirs.port === ours.port ||
    theirs.port === null ||
    theirs.port === '' ||
    theirs.port === '80' ||
    theirs.port === '443' ||
    (target.kind === 'tcp' && theirs.port === String(target.port))
  );
}

/** Rewrites the URL in a `Refresh: 5; url=…` value. Takes time in proportion to its length, whatever an app sends. */
export function publicRefresh(value: string, origins: Origins): string {
  const before = /^\s*[\d.]+\s*[;,]\s*(?:url\s*=\s*)?/i.exec(value)?.[0];
  if (before === undefined) return value;
  const rest = value.slice(before.length);
  const end = rest.trimEnd().length;
  const quoted = end > 1 && (rest[0] === '"' || rest[0] === "'") && rest[end - 1] === rest[0];
  const [from, to] = quoted ? [1, end - 1] : [0, end];
  return before + rest.slice(0, from) + publicReference(rest.slice(from, to), origins) + rest.slice(to);
}

/** Puts the stripped prefix back in front of a cookie's Path; a cookie without one keeps the browser's default. */
export function publicCookie(value: string, prefix: string): string {
  return value.replace(/(;\s*path\s*=\s*)(\/[^;]*)/i, (_whole, before: string, path: string) => {
    if (path.trimEnd() === '/') return before + prefix;
    return before + withPrefix(path, prefix);
  });
}
