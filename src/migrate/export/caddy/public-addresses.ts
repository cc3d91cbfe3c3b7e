import { bracketed } from '../../../model/host.ts';
import { escapeRegex, hostRegex } from '../common.ts';
import type { Place, PlannedGroup, PlannedSite } from '../plan.ts';
import { escaped, plainly } from './quote.ts';

/**
 * What makes redirects to an app's own address lead to the public one, and gives paths the prefix back that was taken off, as lines of the
 * proxy's block. The patterns are RE2's, which cannot look ahead; each is applied to what the one before has left.
 */
export function publicAddresses(
  { site, pairs }: PlannedSite,
  place: Place,
  targets: PlannedGroup['targets'],
): string[] {
  const { strip, route } = place;
  // In a replacement, $1 is a group and $$ a dollar sign.
  const prefix = escaped(strip.replaceAll('$', '$$$$'));
  const taken = escapeRegex(strip);
  const optional = strip === '' ? '' : `(?:${taken})?`;
  const origin = `{scheme}://{hostport}${prefix}`;
  const lines: string[] = [];
  const replace = (name: string, pattern: string, by: string): void => {
    lines.push(`header_down ${name} ${plainly(pattern)} ${plainly(by)}`);
  };
  const origins = [...new Set(targets.flatMap(ownOrigin))];
  const names = site.names.map((name) => (name.includes(':') ? escapeRegex(bracketed(name)) : hostRegex(name)));
  const schemes = pairs.length > 0 ? 'https?' : 'http';
  for (const field of ['Location', 'Content-Location']) {
    for (const own of [...origins, `${schemes}://(?:${names.join('|')})(?::\\d+)?`]) {
      replace(field, `(?i)^${own}${optional}((?:[/?#].*)?)$`, `${origin}$1`);
    }
    if (strip !== '') replace(field, `^(?:${taken}([/?#].*)|${taken}|(/(?:[^/].*)?))$`, `${prefix}$1$2`);
  }
  if (strip !== '') {
    replace('Set-Cookie', '(?i)(;\\s*path\\s*=\\s*)/\\s*(;|$)', `$1${prefix}$2`);
    const rest = `(?:${taken}(/[^;]*)|${taken}|(/[^;]+))`;
    replace('Set-Cookie', `(?i)(;\\s*path\\s*=\\s*)${rest}\\s*(;|$)`, `$1${prefix}$2$3$4`);
  }
  if (route.safeHeaders?.secureCookies && pairs.length > 0) {
    replace('Set-Cookie', '(?i);\\s*secure\\s*(;|$)', '$1');
    replace('Set-Cookie', '^(.*)$', '$1; Secure');
  }
  return lines;
}

function ownOrigin({ target }: PlannedGroup['targets'][number]): string[] {
  if (target.kind === 'unix') return [];
  const isLoopback = ['localhost', '127.0.0.1', '::1'].includes(target.host);
  const host = isLoopback ? '(?:localhost|127\\.0\\.0\\.1|\\[::1\\])' : escapeRegex(bracketed(target.host));
  const [scheme, usual] = target.tls === null ? ['http', 80] : ['https', 443];
  return [`${scheme}://${host}${target.port === usual ? `(?::${target.port})?` : `:${target.port}`}`];
}
