import { isAddress, normaliseHost, normaliseHostPattern, splitHostPort } from '../../model/host.ts';
import { fail, type Outcome } from './fault.ts';

const wanted = 'a host name such as app.example.org, a wildcard such as "*.example.org", or an IP address';

/** The comparable form of a site's name or alias, or why it is none. */
export function parseSiteName(text: string): Outcome<string> {
  const pattern = normaliseHostPattern(text);
  if (pattern !== null) return { value: pattern };
  if (text.trim() === '') return fail('a name that is empty', { wanted });
  const url = /^[a-z][a-z0-9+.-]*:\/\/([^/?#]*)/i.exec(text);
  if (url) {
    return fail('a URL where a name belongs', {
      wanted,
      didYouMean: nameIn(url[1] ?? ''),
      cure: 'Write the name alone.',
    });
  }
  if (text.includes('/')) {
    const didYouMean = nameIn(text.slice(0, text.indexOf('/')));
    return fail('a path in a name', { wanted, didYouMean, cure: 'Put paths under routes: of the site.' });
  }
  if (text.includes('*')) return wildcardFault(text);
  const parts = splitHostPort(text);
  if (parts !== null && parts.port !== null && normaliseHost(parts.host) !== null) {
    const cure = 'Set ports once for all sites, under listen: at the top of the file.';
    return fail('a port in a name', { wanted, didYouMean: nameIn(text), cure });
  }
  return fail('not a host name', { wanted, cure: labelCure(text) });
}

function wildcardFault(text: string): Outcome<string> {
  const rest = text.slice(2);
  if (text === '*' || text === '**') {
    const cure = 'Name each site; a request for any other name is refused on purpose.';
    return fail('a wildcard for every name', { wanted, cure });
  }
  if (text.startsWith('*.') && normaliseHost(rest) !== null) {
    if (isAddress(normaliseHost(rest) ?? '')) return fail('a wildcard in front of an address', { wanted });
    const cure = 'No CA issues a certificate for a wildcard right below a top-level domain: name the sites.';
    return fail('a wildcard with fewer than two labels after it', { wanted, cure });
  }
  const whole = /^[^.]*\*[^.]*\.(.+)$/.exec(text)?.[1] ?? '';
  const didYouMean = normaliseHostPattern(`*.${whole}`) ?? undefined;
  const cure = 'The wildcard must be the whole leftmost label; it stands for exactly one label.';
  return fail('a wildcard in the wrong place', { wanted, didYouMean, cure });
}

/** The name within `name:port`, if it is one. */
function nameIn(authority: string): string | undefined {
  return normaliseHost(splitHostPort(authority)?.host ?? authority) ?? undefined;
}

function labelCure(text: string): string | undefined {
  if (/\s/.test(text)) return 'Take the spaces out; further names go under aliases:.';
  if (text.length > 253) return 'A name has at most 253 characters.';
  if (/(?:^|\.)[0-9]+\.?$/.test(text))
    return 'An IPv4 address has four numbers from 0 to 255; a name does not end in a number.';
  return 'Each label between dots has 1 to 63 letters, digits and inner hyphens.';
}
