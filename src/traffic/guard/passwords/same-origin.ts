import { fieldId } from '../../../wire/http1/field-names.ts';
import type { Visit } from '../visit.ts';

/** Methods that ask and do not act (RFC 9110 §9.2.1). */
const safeMethods: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * Whether a browser says that another site's page made this request, and it does more than ask: browsers send what they know of
 * a site (cookies, passwords) with such requests too. They tell so by Sec-Fetch-Site, older ones by Origin, and for WebSockets
 * always by Origin (RFC 6455 §10.2). Programs send neither.
 */
export function isForeign(visit: Visit): boolean {
  const { request } = visit;
  const { fields } = request;
  const acts = !safeMethods.has(request.method) || request.upgrade || request.upgradeProtocol !== '';
  if (!acts) return false;
  const site = fields.get(fieldId['sec-fetch-site']);
  if (site === 'same-origin' || site === 'none') return false;
  const origin = fields.get(fieldId.origin);
  if (origin === undefined) return site !== undefined;
  return !isOwnOrigin(origin, visit);
}

/** Behind a proxy that is not known, the gate's own scheme may be another than the browser's, so a gate without TLS leaves it out. */
function isOwnOrigin(origin: string, { host, scheme }: Visit): boolean {
  const match = /^(https?):\/\/([^/]+)$/i.exec(origin);
  if (match === null) return false;
  const [, theirs = '', place = ''] = match;
  if (scheme === 'https' && theirs.toLowerCase() !== 'https') return false;
  return withoutPort(place, theirs) === withoutPort(host, theirs);
}

function withoutPort(host: string, scheme: string): string {
  return host.toLowerCase().replace(scheme.toLowerCase() === 'https' ? /:443$/ : /:80$/, '');
}
