import { basename, dirname } from 'node:path';
import { readPathPattern } from './rewrite-pattern.ts';
import type { Scope, Section } from './scopes.ts';

/** Stands for whatever may follow a path that is looked at. */
const anything = '\u0001';

/** A path somewhere below `route`, to ask Apache's rules about. */
export function samplePath(route: string): string {
  return route === '/' ? `/${anything}` : `${route}/${anything}`;
}

/** Whether a path of `ProxyPass` or `<Location>` takes a path: whole segments, and `/a/` only what is below it. */
export function covers(written: string, path: string): boolean {
  if (written.endsWith('/')) return path.startsWith(written);
  return path === written || path.startsWith(`${written}/`);
}

/** The path that a `<Location>` holds for; null when it is none that routes can have. */
export function locationPath({ pattern, regex }: Section): string | null {
  if (regex) {
    // One that may match in the middle of a path is about more than its front.
    const anchored = pattern.startsWith('^') || pattern === '/' || pattern === '.*';
    return anchored ? (readPathPattern(pattern)?.path ?? null) : null;
  }
  const path = pattern.replace(/\/\*$/, '/');
  return path.startsWith('/') && !/[*?[\]]/.test(path) ? path : null;
}

/** Whether a section is about a page of Apache's own, such as /server-status: no app has it. */
export function isOwnPage({ directives }: Section): boolean {
  const handlers = /^(?:server-status|server-info|balancer-manager|ldap-status)$/i;
  return directives.some(({ key, words }) => key === 'sethandler' && handlers.test(words[0] ?? ''));
}

/** Whether a `<Directory>` or `<Files>` holds for a script. */
function holdsForFile(section: Section, script: string): boolean {
  if (section.within && !holdsForFile(section.within, script)) return false;
  const subject = section.kind === 'files' ? basename(script) : dirname(script);
  const pattern = section.pattern.replace(/(?<=.)\/+$/, '');
  if (section.regex) {
    // Expressions of PCRE are not run; most name files that no script is.
    return false;
  }
  if (section.kind === 'files') return pattern === subject || pattern === '*' || pattern === script;
  return pattern === '/' || pattern === '*' || subject === pattern || subject.startsWith(`${pattern}/`);
}

/** The `<Location>`s of the server and of its host that hold for a path, in order of merging. */
export function locationsFor(scopes: readonly Scope[], path: string): Section[] {
  const all = scopes.flatMap(({ sections }) => sections.filter(({ kind }) => kind === 'location'));
  return all.filter((section) => {
    const own = locationPath(section);
    return own !== null && covers(own, path);
  });
}

/** The sections about files that hold for a script: directories from the outside in, then files. */
export function fileSectionsFor(scopes: readonly Scope[], script: string): Section[] {
  const all = scopes.flatMap(({ sections }) => sections.filter((section) => holdsForFile(section, script)));
  const directories = all.filter(({ kind }) => kind === 'directory');
  directories.sort((a, b) => a.pattern.length - b.pattern.length);
  return [...directories, ...all.filter(({ kind }) => kind === 'files')];
}

/** The `<Proxy>` sections that hold for an address. */
export function proxySectionsFor(scopes: readonly Scope[], address: string): Section[] {
  return scopes.flatMap(({ sections }) =>
    sections.filter(({ kind, pattern, regex }) => {
      if (kind !== 'proxy') return false;
      if (regex) return /^\^?(?:\.\*)?\$?$/.test(pattern);
      return pattern === '*' || address.startsWith(pattern.replace(/\*$/, '').replace(/\/$/, ''));
    }),
  );
}
