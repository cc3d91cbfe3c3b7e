import { type Expansion, expand } from './expand.ts';
import type { Fault } from './fault.ts';
import { Findings } from './problems.ts';
import { oneLine, type Path, type Source, type SourceNode, written } from './source.ts';

const deepest = 32;

/** A configuration given as an object, `${…}` expanded as in a file. */
export function readObject(object: unknown, expansion: Expansion): { source: Source; findings: Findings } {
  const faults: { path: Path; fault: Fault }[] = [];
  const { value, node } = walk(object, [], expansion, faults);
  const source: Source = { file: null, directory: expansion.directory, value, root: node };
  const findings = new Findings(source);
  for (const { path, fault } of faults) findings.problem(path, fault);
  return { source, findings };
}

function walk(
  input: unknown,
  path: Path,
  expansion: Expansion,
  faults: { path: Path; fault: Fault }[],
  open: ReadonlySet<unknown> = new Set(),
): { value: unknown; node: SourceNode } {
  const node = (text: string, more: Partial<SourceNode> = {}): SourceNode => {
    return { key: null, value: null, text, secret: false, unreadable: false, entries: new Map(), ...more };
  };
  if (path.length > deepest || open.has(input)) {
    faults.push({ path, fault: { what: 'nested too deeply, or within itself' } });
    return { value: undefined, node: node('', { unreadable: true }) };
  }
  if (typeof input === 'function' || typeof input === 'symbol') {
    faults.push({ path, fault: { what: `a ${typeof input} is no value of a configuration` } });
    return { value: undefined, node: node('', { unreadable: true }) };
  }
  if (typeof input === 'string') {
    const outcome = expand(input, expansion);
    const text = written(JSON.stringify(input));
    if (!outcome.faults) return { value: outcome.value.text, node: node(text, { secret: outcome.value.changed }) };
    faults.push(...outcome.faults.map((fault) => ({ path, fault })));
    return { value: undefined, node: node(text, { unreadable: true }) };
  }
  if (typeof input !== 'object' || input === null) return { value: input, node: node(oneLine(String(input))) };
  const within = new Set(open).add(input);
  const reads = Object.entries(input)
    .filter(([key, value]) => value !== undefined && key !== '__proto__')
    .map(([key, value]) => [key, walk(value, [...path, key], expansion, faults, within)] as const);
  const entries = new Map(reads.map(([key, read]) => [key, read.node]));
  if (Array.isArray(input)) return { value: reads.map(([, read]) => read.value), node: node('a list', { entries }) };
  return {
    value: Object.fromEntries(reads.map(([key, read]) => [key, read.value])),
    node: node('a mapping', { entries }),
  };
}
