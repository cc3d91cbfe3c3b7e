import { splitHostPort } from '../../model/host.ts';

/** Where a URL of `ProxyPass` leads. */
export type ProxyUrl =
  | {
      readonly kind: 'single';
      /** As `to` takes it. */
      readonly to: string;
      /** The host in it, without port; '' for a socket. */
      readonly host: string;
      /** `host:port` as written. */
      readonly authority: string;
      readonly secure: boolean;
      readonly path: string;
    }
  | { readonly kind: 'balancer'; readonly name: string; readonly path: string }
  | { readonly kind: 'unsupported'; readonly scheme: string };

const schemes: Readonly<Record<string, string>> = {
  http: 'http',
  https: 'https',
  ws: 'http',
  wss: 'https',
  h2: 'h2',
  h2c: 'h2c',
};

/** Reads a URL of `ProxyPass`, `BalancerMember` or a rewriting to a proxy; null when it is none. */
export function readProxyUrl(text: string): ProxyUrl | null {
  const socket = /^unix:(\/[^|]*)\|([a-z0-9]+):\/?\/?[^/]*(.*)$/is.exec(text);
  if (socket) {
    const scheme = (socket[2] ?? '').toLowerCase();
    if (!schemes[scheme]) return { kind: 'unsupported', scheme };
    return { kind: 'single', to: `unix:${socket[1]}`, host: '', authority: '', secure: false, path: socket[3] ?? '' };
  }
  const url = /^([a-z][a-z0-9+.-]*):\/\/([^/?#$%]*)(.*)$/is.exec(text);
  if (!url) return null;
  const scheme = (url[1] ?? '').toLowerCase();
  const authority = url[2] ?? '';
  const path = url[3] ?? '';
  if (scheme === 'balancer') return { kind: 'balancer', name: authority.toLowerCase(), path };
  const ours = schemes[scheme];
  if (ours === undefined) return { kind: 'unsupported', scheme };
  const host = splitHostPort(authority)?.host ?? authority;
  if (authority === '' || host === '') return null;
  const secure = ours === 'https' || ours === 'h2';
  return { kind: 'single', to: `${ours}://${authority}`, host: host.toLowerCase(), authority, secure, path };
}

/** What to do about a protocol that Sallyport does not speak. */
export function schemeCure(scheme: string): string {
  const cures: Readonly<Record<string, string>> = {
    fcgi: 'keep a web server for it on a loopback port and write that port in `to`',
    scgi: 'let the app listen for HTTP too, or run it with `app:`',
    uwsgi:
      'start uWSGI with --http-socket 127.0.0.1:PORT and write that port in `to`, or let Sallyport run the app: `app: {wsgi: …}`',
    ajp: "write the port of the app server's HTTP connector in `to`",
    ftp: 'there is none',
  };
  return `${scheme}:// is no HTTP: ${cures[scheme] ?? 'let the app listen for HTTP'}`;
}

/** How a path of the client becomes one of the app: passed on whole, its front taken off, or in a way that Sallyport has not. */
export function mapping(from: string, to: string): 'whole' | 'strip' | 'other' {
  const front = from.replace(/\/+$/, '');
  const back = to.replace(/\/+$/, '');
  if (front === back) return 'whole';
  return back === '' ? 'strip' : 'other';
}
