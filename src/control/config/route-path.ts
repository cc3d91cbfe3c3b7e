import { fail, type Outcome } from './fault.ts';

const wanted = 'a path such as / or /sync';

/** The path of a route, or why it can be none. It is compared as written; `/sync` also covers `/sync/…`. */
export function parseRoutePath(text: string): Outcome<string> {
  if (!text.startsWith('/')) {
    const didYouMean = /^[\w./-]+$/.test(text) ? `/${text}` : undefined;
    return fail('a route that does not begin with a slash', { wanted, didYouMean });
  }
  if (/[?#]/.test(text))
    return fail('a query or fragment in a route', { wanted, didYouMean: text.replace(/[?#].*$/s, '') });
  if (text.includes('*')) {
    const cure = 'A route covers everything below it by itself: leave the star out.';
    return fail('a star in a route', { wanted, didYouMean: text.replace(/\/?\*.*$/s, '') || '/', cure });
  }
  if (!/^[\x21-\x7e]*$/.test(text) || /["<>\\^`{|}]/.test(text) || /%(?![0-9a-f]{2})/i.test(text)) {
    return fail('a character that cannot stand in a path', { wanted, cure: 'Percent-encode it, as in /caf%C3%A9.' });
  }
  if (/\/\.{0,2}\//.test(text) || /\/\.{1,2}$/.test(text))
    return fail('an empty or dot segment in a route', { wanted });
  if (text.length > 1 && text.endsWith('/')) {
    return fail('a slash at the end of a route', { wanted, didYouMean: text.slice(0, -1) });
  }
  return { value: text };
}

/** Where a redirect leads: an absolute URL or a path of the same site. */
export function parseLocation(text: string): Outcome<string> {
  const form = 'https://host/path, or a path such as /new';
  if (!/^[\x21-\x7e]+$/.test(text)) {
    return fail('a character that cannot stand in a URL', {
      wanted: form,
      cure: 'Percent-encode spaces and letters outside ASCII.',
    });
  }
  if (text.startsWith('//')) return fail('a URL without its scheme', { wanted: form, didYouMean: `https:${text}` });
  if (text.startsWith('/')) return { value: text };
  if (!/^https?:\/\/[^/]/i.test(text) || !URL.canParse(text)) {
    const didYouMean = /^[\w-]+(?:\.[\w-]+)+(?:[:/]|$)/.test(text) ? `https://${text}` : undefined;
    return fail('not a place to redirect to', { wanted: form, didYouMean });
  }
  return { value: text };
}
