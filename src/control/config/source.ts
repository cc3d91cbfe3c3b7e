/** A place in the file; lines and columns count from 1. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

/** How one value was written, for messages about it. */
export interface SourceNode {
  /** Where its key stands; null for the whole file, items of lists and values that came from no file. */
  readonly key: Place | null;
  readonly value: Place | null;
  /** The value as written, on one line, expansions not expanded. */
  readonly text: string;
  /** Whether it holds anything that came from `${ENV}` or `${file:…}` and must not be shown. */
  readonly secret: boolean;
  /** Whether the reader could not make a value of it, and has said so. */
  readonly unreadable: boolean;
  readonly entries: ReadonlyMap<string, SourceNode>;
}

export type Path = readonly PropertyKey[];

/** A configuration as read: the plain value, and how each part of it was written. */
export interface Source {
  /** As the user named it; null when the configuration came from an object. */
  readonly file: string | null;
  /** What relative paths are relative to. */
  readonly directory: string;
  readonly value: unknown;
  readonly root: SourceNode;
}

/** The node at a path, or its nearest ancestor when there is none. */
export function nodeAt(root: SourceNode, path: Path): { node: SourceNode; exact: boolean } {
  let node = root;
  for (const key of path) {
    const next = node.entries.get(String(key));
    if (next === undefined) return { node, exact: false };
    node = next;
  }
  return { node, exact: true };
}

/** A path as messages print it: `sites."terrax9.se".routes."/sync".to`. */
export function printPath(path: Path): string {
  return path
    .map((key) =>
      typeof key === 'string' && !/^[A-Za-z_][\w-]*$|^\d+$/.test(key) ? `"${oneLine(key, 80)}"` : String(key),
    )
    .join('.');
}

/** Text on one line, without control characters, shortened. */
export function oneLine(text: string, longest = 60): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: replacing control characters is the point
  const line = text.replace(/[\u0000-\u0020\u007f-\u00a0\u2028\u2029]+/g, ' ').trim();
  return line.length > longest ? `${line.slice(0, longest - 1)}…` : line;
}

/** A value as messages show it: on one line, shortened, without the user and password of a URL. */
export function written(text: string): string {
  return oneLine(text.replace(/[^/@\s"']+:[^/@\s]*@/g, '…@'));
}
