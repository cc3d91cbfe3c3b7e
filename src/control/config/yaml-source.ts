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
  type YAMLMap,
  type YAMLSeq,
} from 'yaml';
import { type Expansion, expand } from './expand.ts';
import type { Fault } from './fault.ts';
import { ConfigError, Findings } from './problems.ts';
import { oneLine, type Path, type Place, type Source, type SourceNode } from './source.ts';
import { syntaxProblems } from './yaml-syntax.ts';

/** What aliases may expand to before the file is refused. */
const mostValues = 100_000;
const deepest = 32;

/** YAML text as a plain value with positions, `${…}` expanded. Adds to `findings` what stands in the way of parts of it. */
export function readYaml(text: string, file: string, expansion: Expansion): { source: Source; findings: Findings } {
  const lines = new LineCounter();
  const document = parse(text, file, lines);
  const reader = new YamlReader(text, lines, expansion);
  const { value, node } = reader.read(document.contents, null, []);
  const source: Source = { file, directory: expansion.directory, value, root: node };
  const findings = new Findings(source);
  for (const { path, fault, at } of reader.faults) findings.problem(path, fault, at);
  return { source, findings };
}

function parse(text: string, file: string, lines: LineCounter): Document.Parsed {
  const at = (line: number, column: number) => ({ file, line, column });
  let document: Document.Parsed;
  try {
    document = parseDocument(text, { lineCounter: lines, uniqueKeys: false, prettyErrors: false, version: '1.2' });
  } catch {
    throw new ConfigError([
      { message: 'not YAML that can be read: it is nested too deeply', at: at(1, 1), cure: null },
    ]);
  }
  const problems = syntaxProblems([...document.errors, ...document.warnings], text, file, lines);
  if (document.directives.yaml.version !== '1.2') {
    problems.push({
      message: 'another version of YAML; wanted YAML 1.2',
      at: at(1, 1),
      cure: 'Take the %YAML line out.',
    });
  }
  if (problems.length > 0) throw new ConfigError(problems);
  return document;
}

interface Read {
  readonly value: unknown;
  readonly node: SourceNode;
}

/** Walks the nodes of a document; aliases are followed, within {@link mostValues} and {@link deepest}. */
class YamlReader {
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

  read(node: unknown, key: Place | null, path: Path): Read {
    const value = this.#place(node) ?? key ?? { line: 1, column: 1 };
    const here = (text: string, more: Partial<SourceNode> = {}): SourceNode => {
      return { key, value, text, secret: false, unreadable: false, entries: new Map(), ...more };
    };
    const refuse = (fault: Fault): Read => {
      this.faults.push({ path, fault });
      return { value: undefined, node: here(this.#written(node), { unreadable: true }) };
    };
    this.#count++;
    if (this.#count === mostValues)
      return refuse({ what: 'too many values, aliases included', wanted: `at most ${mostValues}` });
    if (this.#count > mostValues) return { value: undefined, node: here('', { unreadable: true }) };
    if (path.length > deepest) return refuse({ what: 'nested too deeply' });
    if (isAlias(node)) {
      const target = this.#anchors.get(node.source);
      if (target === undefined)
        return refuse({
          what: 'an alias without its anchor',
          cure: `Put &${oneLine(node.source)} in front of the value it stands for, further up.`,
        });
      if (this.#open.has(target)) return refuse({ what: 'an alias within the value it stands for' });
      return this.read(target, key, path);
    }
    if ((isCollection(node) || isScalar(node)) && node.anchor) this.#anchors.set(node.anchor, node);
    if (isScalar(node)) return this.#scalar(node.value, this.#written(node), path, here);
    if (!isMap(node) && !isSeq(node)) return { value: null, node: here('nothing') };
    this.#open.add(node);
    const read = isMap(node) ? this.#map(node, path, here) : this.#list(node, path, here);
    this.#open.delete(node);
    return read;
  }

  #scalar(
    value: unknown,
    written: string,
    path: Path,
    here: (text: string, more?: Partial<SourceNode>) => SourceNode,
  ): Read {
    if (typeof value !== 'string') return { value, node: here(value === null ? 'nothing' : written) };
    const outcome = expand(value, this.#expansion);
    if (!outcome.faults) return { value: outcome.value.text, node: here(written, { secret: outcome.value.changed }) };
    for (const fault of outcome.faults) this.faults.push({ path, fault });
    return { value: undefined, node: here(written, { unreadable: true }) };
  }

  #list(list: YAMLSeq, path: Path, here: (text: string, more?: Partial<SourceNode>) => SourceNode): Read {
    const reads = list.items.map((item, index) => this.read(item, null, [...path, index]));
    const entries = new Map(reads.map((read, index) => [String(index), read.node]));
    return { value: reads.map((read) => read.value), node: here('a list', { entries }) };
  }

  #map(map: YAMLMap, path: Path, here: (text: string, more?: Partial<SourceNode>) => SourceNode): Read {
    const value: Record<string, unknown> = {};
    const entries = new Map<string, SourceNode>();
    for (const pair of map.items) {
      const place = this.#place(pair.key) ?? { line: 1, column: 1 };
      const name = this.#keyOf(pair);
      const first = name === null ? undefined : entries.get(name);
      if (name === null || first !== undefined || name === '__proto__') {
        this.faults.push({ path, fault: keyFault(name, first), at: place });
        continue;
      }
      const read = this.read(pair.value, place, [...path, name]);
      entries.set(name, read.node);
      value[name] = read.value;
    }
    return { value, node: here('a mapping', { entries }) };
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
    return oneLine(this.#text.slice(node.range[0], node.range[1])) || 'nothing';
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
