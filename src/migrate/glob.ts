import type { FileTree } from './file-tree.ts';

/** Whether a path has any of the marks of glob(3): `*`, `?` and `[…]`. */
export function isGlob(path: string): boolean {
  return /[*?[]/.test(path);
}

/** The files that an absolute pattern matches, as glob(3) does: in order of their names, and names that begin with a dot only where it is written. */
export function expandGlob(pattern: string, files: FileTree): readonly string[] {
  let places = [''];
  for (const segment of pattern.split('/').slice(1)) {
    places = places.flatMap((place) => {
      if (!isGlob(segment)) return [`${place}/${segment}`];
      const matches = matcher(segment);
      const names = files.list(place === '' ? '/' : place).filter((name) => matches(name));
      return names.sort().map((name) => `${place}/${name}`);
    });
  }
  return places;
}

function matcher(segment: string): (name: string) => boolean {
  const source = segment.replace(/\[(!|\^)?([^\]]+)\]|[\s\S]/g, (mark, not?: string, set?: string) => {
    if (set !== undefined) return `[${not ? '^' : ''}${set.replace(/[\\[\]^]/g, '\\$&')}]`;
    if (mark === '*') return '[^/]*';
    if (mark === '?') return '[^/]';
    return mark.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
  });
  let pattern: RegExp;
  try {
    pattern = new RegExp(`^(?:${source})$`);
  } catch {
    // A range such as [z-a] matches nothing.
    return () => false;
  }
  return (name) => pattern.test(name) && (segment.startsWith('.') || !name.startsWith('.'));
}
