import type { SafeHeaders } from '../../model/site.ts';
import type { ParsedRouteHeaders, ParsedSiteHeaders } from './headers-schema.ts';
import type { Findings } from './problems.ts';
import { usualReferrerPolicy } from './safe-headers-schema.ts';
import type { ParsedSite } from './site-schema.ts';
import type { Path } from './source.ts';

const frames = { deny: 'DENY', sameOrigin: 'SAMEORIGIN' } as const;

/** What a route adds to the app's responses: what it does not say itself, its site says. */
export function compileSafeHeaders(
  site: ParsedSiteHeaders | undefined,
  route: ParsedRouteHeaders | undefined,
): SafeHeaders {
  const {
    nosniff = false,
    secureCookies = false,
    frames: who,
    referrerPolicy = usualReferrerPolicy,
  } = { ...site, ...said(route) };
  return {
    nosniff,
    secureCookies,
    frames: who === undefined ? '' : frames[who],
    referrerPolicy: referrerPolicy === false ? '' : referrerPolicy,
  };
}

function said(headers: ParsedRouteHeaders | undefined): Partial<ParsedRouteHeaders> {
  return Object.fromEntries(Object.entries(headers ?? {}).filter(([, value]) => value !== undefined));
}

/** The value of Strict-Transport-Security; '' for none. */
export function compileHsts({ headers, tls }: ParsedSite, path: Path, findings: Findings): string {
  const hsts = headers?.hsts ?? '';
  if (hsts !== '' && tls === 'off') {
    const cure = 'Take one of the two out: browsers would look for HTTPS that is not there.';
    findings.problem([...path, 'headers', 'hsts'], { what: 'hsts on a site without TLS', cure, onKey: true });
  }
  return hsts;
}
