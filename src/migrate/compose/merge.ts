import { type ComposeEntry, type ComposeList, type ComposeMap, type ComposeNode, isNothing } from './node.ts';

/** Lists of a service that a later file adds to; the others it replaces. */
const addedTo: ReadonlySet<string> = new Set(['ports', 'expose', 'profiles', 'labels', 'environment', 'networks']);

/**
 * What an earlier and a later file, or a service and the one it extends, say of one service together, as Docker Compose merges them: single values
 * are replaced, mappings joined, lists added to.
 */
export function mergeServices(earlier: ComposeMap, later: ComposeMap): ComposeMap {
  const entries = new Map<string, ComposeEntry>(earlier.entries);
  for (const [key, entry] of later.entries) {
    const before = entries.get(key);
    const value = before === undefined ? entry.value : mergeValues(key, before.value, entry.value);
    entries.set(key, { key: entry.key, value });
  }
  return { ...later, entries };
}

function mergeValues(key: string, before: ComposeNode, after: ComposeNode): ComposeNode {
  if (after.tag !== null) return after;
  if (isNothing(after)) return before;
  if (!addedTo.has(key)) return after;
  const [first, second] = [itemsOf(before), itemsOf(after)];
  if (before.kind === 'map' && after.kind === 'map') {
    return { ...after, entries: new Map([...before.entries, ...after.entries]) };
  }
  const list: ComposeList = {
    kind: 'list',
    at: after.at,
    start: after.start,
    end: after.end,
    tag: null,
    items: [...first, ...second],
  };
  return list;
}

/** The items of a list; a mapping in the place of one (`labels`) is an item by itself. */
function itemsOf(node: ComposeNode): readonly ComposeNode[] {
  if (node.kind === 'list') return node.items;
  return isNothing(node) ? [] : [node];
}
