import {
  type Document,
  isAlias,
  isCollection,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Pair,
  parseDocument,
  type Scalar,
  type YAMLMap,
  type YAMLSeq,
} from 'yaml';
import { ConfigError, type Finding } from '../../control/config/problems.ts';
import { oneLine } from '../../control/config/source.ts';
import { syntaxProblems } from '../../control/config/yaml-syntax.ts';
import type { SourcePosition } from '../../model/errors.ts';
import { type ComposeEntry, type ComposeMap, type ComposeNode, type ComposeScalar, isNothing } from './node.ts';

/** Levels of nesting after which a file is refused. */
const deepest = 64;

/**
 * The YAML of a compose file with the place of every value; aliases and merge keys are followed. Throws a {@link ConfigError} for what is not
 * YAML, and nothing else.
 */
export function readNodes(text: string, file: string): ComposeNode {
  const lines = new LineCounter();
  const document = parse(text, file, lines);
  const reader = new NodeReader(file, lines);
  const node = reader.read(document.contents, 0);
  if (reader.problems.length > 0) throw new ConfigError(reader.problems);
  return node;
}

function parse(text: string, file: string, lines: LineCounter): Document.Parsed {
  let document: Document.Parsed;
  try {
    document = parseDocument(text, { lineCounter: lines, uniqueKeys: false, prettyErrors: false, version: '1.2' });
  } catch {
    const at = { file, line: 1, column: 1 };
    throw new ConfigError([
      { message: 'not YAML that can be read: it is nested too deeply', at, cure: 'A compose file needs few levels.' },
    ]);
  }
  // Tags such as !reset are Docker's own, and those of others are no business of ours.
  const problems = syntaxProblems(document.errors, text, file, lines);
  if (problems.length > 0) throw new ConfigError(problems);
  return document;
}

class NodeReader {
  readonly problems: Finding[] = [];
  readonly #file: string;
  readonly #lines: LineCounter;
  readonly #anchors = new Map<string, unknown>();
  /** Nodes that several aliases stand for are read once. */
  readonly #read = new Map<unknown, ComposeNode>();
  readonly #open = new Set<unknown>();

  constructor(file: string, lines: LineCounter) {
    this.#file = file;
    this.#lines = lines;
  }

  read(node: unknown, depth: number): ComposeNode {
    if (isAlias(node)) return this.#alias(node.source, node.range?.[0] ?? 0, depth);
    const known = this.#read.get(node);
    if (known !== undefined) return known;
    if (depth > deepest) return this.#refuse(node, 'nested too deeply', 'A compose file needs few levels.');
    if ((isCollection(node) || isScalar(node)) && node.anchor) this.#anchors.set(node.anchor, node);
    this.#open.add(node);
    const read = isMap(node) ? this.#map(node, depth) : isSeq(node) ? this.#list(node, depth) : this.#scalar(node);
    this.#open.delete(node);
    if (node !== null) this.#read.set(node, read);
    return read;
  }

  #alias(name: string, offset: number, depth: number): ComposeNode {
    const target = this.#anchors.get(name);
    const at = this.#place(offset);
    if (target !== undefined && !this.#open.has(target)) return this.read(target, depth);
    const message =
      target === undefined
        ? `an alias without its anchor: *${oneLine(name)}`
        : `an alias within the value it stands for: *${oneLine(name)}`;
    this.problems.push({ message, at, cure: `Put &${oneLine(name)} in front of a value further up.` });
    return nothing(at, offset);
  }

  #map(map: YAMLMap, depth: number): ComposeMap {
    const entries = new Map<string, ComposeEntry>();
    const merged: ComposeNode[] = [];
    for (const pair of map.items) {
      const name = keyOf(pair);
      const key = this.#place(startOf(pair.key));
      if (name === null) {
        this.problems.push({ message: 'a key that is not text', at: key, cure: 'Write the key as a plain word.' });
        continue;
      }
      const value = this.read(pair.value ?? null, depth + 1);
      const placed = value.kind === 'scalar' && value.style === 'nothing' ? nothing(key, startOf(pair.key)) : value;
      if (name === '<<') merged.push(placed);
      else if (entries.has(name)) this.#twice(name, key, entries.get(name)?.key);
      else entries.set(name, { key, value: placed });
    }
    for (const source of merged) this.#merge(source, entries);
    const first = map.items[0];
    return {
      ...this.#written(map),
      kind: 'map',
      entries,
      firstKey: first === undefined ? -1 : startOf(first.key),
      flow: map.flow === true,
    };
  }

  /** What a merge key brings; of several maps the first one counts, and before all of them the map's own keys. */
  #merge(source: ComposeNode, entries: Map<string, ComposeEntry>): void {
    const maps = source.kind === 'list' ? source.items : [source];
    for (const one of maps) {
      if (one.kind === 'map') {
        for (const [name, entry] of one.entries) if (!entries.has(name)) entries.set(name, entry);
      } else if (!isNothing(one)) {
        const cure = 'Write an alias of a mapping, as in <<: *defaults.';
        this.problems.push({ message: 'a merge key (<<) that merges no mapping', at: one.at, cure });
      }
    }
  }

  #twice(name: string, at: SourcePosition, first: SourcePosition | undefined): void {
    const message = `key "${oneLine(name)}" is there twice; first on line ${first?.line}`;
    this.problems.push({ message, at, cure: 'Merge the two.' });
  }

  #list(list: YAMLSeq, depth: number): ComposeNode {
    const items = list.items.map((item) => this.read(item, depth + 1));
    return { ...this.#written(list), kind: 'list', items };
  }

  #scalar(node: unknown): ComposeScalar {
    if (!isScalar(node)) return nothing({ file: this.#file, line: 1, column: 1 }, 0);
    const { value, source, type } = node;
    const text = value === null ? '' : typeof value === 'string' ? value : (source ?? String(value));
    return {
      ...this.#written(node),
      kind: 'scalar',
      text,
      style: value === null ? 'nothing' : (styles[type ?? ''] ?? 'plain'),
    };
  }

  #written(node: Scalar | YAMLMap | YAMLSeq) {
    const [start, end] = node.range ?? [0, 0];
    const tag = node.tag === '!reset' ? 'reset' : node.tag === '!override' ? 'override' : null;
    return { at: this.#place(start), start, end, tag } as const;
  }

  #place(offset: number): SourcePosition {
    const { line, col } = this.#lines.linePos(offset);
    return { file: this.#file, line: Math.max(1, line), column: Math.max(1, col) };
  }

  #refuse(node: unknown, message: string, cure: string): ComposeNode {
    const at = this.#place(startOf(node));
    // Said once: what lies below a refused value is not looked at.
    if (!this.problems.some((problem) => problem.message === message)) this.problems.push({ message, at, cure });
    return nothing(at, startOf(node));
  }
}

const styles: Readonly<Record<string, ComposeScalar['style']>> = {
  PLAIN: 'plain',
  QUOTE_SINGLE: 'single',
  QUOTE_DOUBLE: 'double',
  BLOCK_FOLDED: 'block',
  BLOCK_LITERAL: 'block',
};

function nothing(at: SourcePosition, start: number): ComposeScalar {
  return { kind: 'scalar', at, start, end: start, tag: null, text: '', style: 'nothing' };
}

function keyOf({ key }: Pair): string | null {
  if (!isScalar(key) || key.value === null) return null;
  return typeof key.value === 'string' ? key.value : (key.source ?? String(key.value));
}

function startOf(node: unknown): number {
  if (!isAlias(node) && !isCollection(node) && !isScalar(node)) return 0;
  return node.range?.[0] ?? 0;
}
