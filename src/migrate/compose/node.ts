import type { SourcePosition } from '../../model/errors.ts';

/** What stands in a compose file: plain values, with the place of each. */
export type ComposeNode = ComposeScalar | ComposeList | ComposeMap;

interface Written {
  readonly at: SourcePosition;
  /** Offsets into the text of its file: the first character, and the one after the last. */
  readonly start: number;
  readonly end: number;
  /** How it is merged with what an earlier file says: `!reset` takes that away, `!override` replaces it. */
  readonly tag: 'reset' | 'override' | null;
}

export interface ComposeScalar extends Written {
  readonly kind: 'scalar';
  /** As text, quotes taken off, variables not put in; numbers as they are written. '' for nothing. */
  readonly text: string;
  readonly style: 'plain' | 'single' | 'double' | 'block' | 'nothing';
}

export interface ComposeList extends Written {
  readonly kind: 'list';
  readonly items: readonly ComposeNode[];
}

export interface ComposeMap extends Written {
  readonly kind: 'map';
  /** By key; what comes from a merge key (`<<`) stands after the map's own. */
  readonly entries: ReadonlyMap<string, ComposeEntry>;
  /** Offset of the first key; -1 when the map is empty. */
  readonly firstKey: number;
  /** Within braces. */
  readonly flow: boolean;
}

export interface ComposeEntry {
  readonly key: SourcePosition;
  readonly value: ComposeNode;
}

/** What a map holds under a key; null when it holds nothing there, or is no map. */
export function childOf(node: ComposeNode | null, key: string): ComposeNode | null {
  return (node?.kind === 'map' && node.entries.get(key)?.value) || null;
}

/** Whether nothing is written there: `key:` and no more. */
export function isNothing(node: ComposeNode): boolean {
  return node.kind === 'scalar' && node.style === 'nothing';
}
