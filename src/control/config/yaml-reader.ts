import {
  type Alias,
  isAlias,
  isCollection,
  isMap,
  isScalar,
  isSeq,
  type LineCounter,
  type Pair,
  type YAMLMap,
  type YAMLSeq,
} from 'yaml';
import { type Expansion, expand } from './expand.ts';
import type { Fault } from './fault.ts';
import { oneLine, type Path, type Place, type SourceNode, written } from './source.ts';

/** What aliases may expand to before the file is refused. */
const mostValues = 50_000;
const deepest = 32;

interface Read {
  readonly value: unknown;
  readonly node: SourceNode;
}

/** Makes a node's description from what is special about it. */
type Describe = (text: string, more?: Partial<SourceNode>) => SourceNode;

/** Walks the nodes of a document; aliases are followed, within {@link mostValues} and {@link deepest}. */
export class YamlReader {
  readonly faults: { path: Path; fault: Fault; at?: Place }[] = [];
  readonly #text: string;
  readonly #lines: LineCounter;
  readonly #expansion: Expansion;
  readonly #anchors = new Map<string, unknown>();
  readonly #open = new Set<unknown>();
  #count = 0;

  constructor(text: string, lines: LineCounter, expansion: Expansion) {
    this.#text = text;
    this.#lines = lines;
    this.#expansion = expansion;
  }

  /** What `node` holds, with positions; `key` is where its key stands. What is wrong goes to {@link faults}. */
  read(node: unknown, key: Place | null, path: Path): Read {
    const value = this.#place(node) ?? key ?? { line: 1, column: 1 };
    const here: Describe = (text, more) => {
      return { key, value, text, secret: false, unreadable: false, entries: new Map(), ...more };
    };
    const fault = this.#limitFault(path) ?? (isAlias(node) ? this.#aliasFault(node) : null);
    if (fault !== null) {
      this.faults.push({ path, fault });
      return { value: undefined, node: here(this.#written(node), { unreadable: true }) };
    }
    // Above the limit the walk winds up; that was said once.
    if (this.#count > mostValues) return { value: undefined, node: here('', { unreadable: true }) };
    if (isAlias(node)) return this.read(this.#anchors.get(node.source), key, path);
    if ((isCollection(node) || isScalar(node)) && node.anchor) this.#anchors.set(node.anchor, node);
    if (isScalar(node)) return this.#scalar(node.value, this.#written(node), path, here);
    if (!isMap(node) && !isSeq(node)) return { value: null, node: here('nothing') };
    this.#open.add(node);
    const read = isMap(node) ? this.#map(node, path, here) : this.#list(node, path, here);
    this.#open.delete(node);
    return read;
  }

  #limitFault(path: Path): Fault | null {
    this.#count++;
    if (path.length > deepest) return { what: 'nested too deeply' };
    if (this.#count !== mostValues) return null;
    return { what: 'too many values, aliases included', wanted: `at most ${mostValues}` };
  }

  #aliasFault(alias: Alias): Fault | null {
    const target = this.#anchors.get(alias.source);
    if (this.#open.has(target)) return { what: 'an alias within the value it stands for' };
    if (target !== undefined) return null;
    const cure = `Put &${oneLine(alias.source)} in front of the value it stands for, further up.`;
    return { what: 'an alias without its anchor', cure };
  }

  #scalar(value: unknown, text: string, path: Path, here: Describe): Read {
    if (typeof value !== 'string') return { value, node: here(value === null ? 'nothing' : text) };
    const outcome = expand(value, this.#expansion);
    if (!outcome.faults) return { value: outcome.value.text, node: here(text, { secret: outcome.value.changed }) };
    for (const fault of outcome.faults) this.faults.push({ path, fault });
    return { value: undefined, node: here(text, { unreadable: true }) };
  }

  #list(list: YAMLSeq, path: Path, here: Describe): Read {
    const reads = list.items.map((item, index) => this.read(item, null, [...path, index]));
    const entries = new Map(reads.map((read, index) => [String(index), read.node]));
    return {
      value: reads.map((read) => read.value),
      node: here(reads.length > 0 ? 'a list' : 'an empty list', { entries }),
    };
  }

  #map(map: YAMLMap, path: Path, here: Describe): Read {
    const value: Record<string, unknown> = {};
    const entries = new Map<string, SourceNode>();
    let unreadable = false;
    for (const pair of map.items) {
      const place = this.#place(pair.key) ?? { line: 1, column: 1 };
      const name = this.#keyOf(pair);
      const first = name === null ? undefined : entries.get(name);
      if (name === null || first !== undefined || name === '__proto__') {
        this.faults.push({ path, fault: keyFault(name, first), at: place });
        unreadable = true;
        continue;
      }
      const read = this.read(pair.value, place, [...path, name]);
      entries.set(name, read.node);
      value[name] = read.value;
    }
    return { value, node: here(entries.size > 0 ? 'a mapping' : 'an empty mapping', { entries, unreadable }) };
  }

  /** The key as written, so that `1.10:` stays `1.10`; null when it is no plain text. */
  #keyOf({ key }: Pair): string | null {
    if (!isScalar(key) || key.value === null) return null;
    return typeof key.value === 'string' ? key.value : (key.source ?? String(key.value));
  }

  #place(node: unknown): Place | null {
    if (!isAlias(node) && !isCollection(node) && !isScalar(node)) return null;
    if (!node.range) return null;
    const { line, col } = this.#lines.linePos(node.range[0]);
    return { line, column: col };
  }

  #written(node: unknown): string {
    if (isMap(node)) return 'a mapping';
    if (isSeq(node)) return 'a list';
    if ((!isAlias(node) && !isScalar(node)) || !node.range) return '';
    return written(this.#text.slice(node.range[0], node.range[1])) || 'nothing';
  }
}

function keyFault(name: string | null, first: SourceNode | undefined): Fault {
  if (name === null) return { what: 'a key that is not text', onKey: true };
  if (first === undefined) return { what: `"${name}" cannot be a key`, onKey: true };
  return {
    what: `key "${oneLine(name)}" is there twice; first on line ${first.key?.line}`,
    cure: 'Merge the two.',
    onKey: true,
  };
}
