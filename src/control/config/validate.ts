import type { z } from 'zod';
import { faultOf } from './fault.ts';
import type { Findings } from './problems.ts';
import { configSchema, type ParsedConfig } from './schema.ts';
import { nodeAt, type Path, printPath, type Source, type SourceNode } from './source.ts';
import { suggest } from './suggest.ts';
import { unknownKey } from './unknown-key.ts';

type Issue = z.core.$ZodIssue;

/**
 * Checks the shape of a configuration and reports every problem of it. What is wrong is then left out and the rest
 * returned, so that later checks can report their problems in the same run; null when nothing is left.
 */
export function validate(source: Source, findings: Findings): ParsedConfig | null {
  let value = structuredClone(source.value);
  for (let round = 0; round < 20; round++) {
    const result = configSchema.safeParse(value);
    if (result.success) return result.data;
    const issues = result.error.issues.flatMap((issue) => flatten(issue, []));
    if (round === 0) reportAll(issues, source, findings);
    if (issues.some((issue) => issue.path.length === 0 && issue.code !== 'unrecognized_keys')) return null;
    for (const issue of issues) value = prune(value, issue);
  }
  return null;
}

/** The issues a user would recognise: of a union, those of the one form that was meant. */
function flatten(issue: Issue, prefix: Path): Issue[] {
  const path = [...prefix, ...issue.path];
  if (issue.code === 'invalid_union') {
    const meant = issue.errors.filter((branch) => !branch.some(isOfAnotherForm));
    const only = meant[0];
    if (meant.length === 1 && only) return only.flatMap((inner) => flatten(inner, path));
  }
  return [{ ...issue, path }];
}

function isOfAnotherForm(issue: Issue): boolean {
  return issue.path.length === 0 && ['invalid_type', 'invalid_value', 'invalid_union'].includes(issue.code);
}

function reportAll(issues: readonly Issue[], source: Source, findings: Findings): void {
  // Where a mistyped key tells why another is missing, the missing one is no news.
  const explained = new Set<string>();
  for (const issue of issues) {
    if (issue.code !== 'unrecognized_keys') continue;
    for (const key of issue.keys) {
      const fault = unknownKey(key, issue.path);
      findings.problem([...issue.path, key], fault);
      if (fault.didYouMean !== undefined) explained.add(printPath(issue.path));
    }
  }
  for (const issue of issues) if (issue.code !== 'unrecognized_keys') report(issue, explained, source, findings);
}

function report(issue: Issue, explained: ReadonlySet<string>, source: Source, findings: Findings): void {
  const { node, exact } = nodeAt(source.root, issue.path);
  // What could not be read was reported by the reader, and whatever follows from it is no news.
  if (exact && hasUnreadable(node)) return;
  if (explained.has(printPath(exact ? issue.path : issue.path.slice(0, -1)))) return;
  const carried = faultOf(issue);
  if (carried) {
    // The path of the issue already leads to what the fault is about; of a mapping only the key is worth showing.
    findings.problem(issue.path, { ...carried, below: [], onKey: carried.onKey ?? node.entries.size > 0 });
    return;
  }
  if (!exact) {
    const name = String(issue.path.at(-1));
    findings.problem(issue.path.slice(0, -1), { what: `key "${name}" is missing`, wanted: issue.message, onKey: true });
    return;
  }
  const values = allowedValues(issue);
  const word = node.text.replace(/^(["'])(.*)\1$/, '$2');
  const didYouMean = suggestValue(word, values);
  const what = issue.path.length === 0 ? 'not a configuration' : 'not a value this key takes';
  findings.problem(issue.path, { what, wanted: issue.message, didYouMean });
}

/** The fixed words an issue would have taken. */
function allowedValues(issue: Issue): string[] {
  if (issue.code === 'invalid_value') return issue.values.map(String);
  if (issue.code === 'invalid_union') return issue.errors.flat().flatMap(allowedValues);
  return [];
}

function suggestValue(word: string, values: readonly string[]): string | undefined {
  const habits: Readonly<Record<string, string>> = {
    false: 'off',
    none: 'off',
    no: 'off',
    true: 'auto',
    acme: 'auto',
    letsencrypt: 'auto',
  };
  const habit = habits[word.toLowerCase()];
  return habit !== undefined && values.includes(habit) ? habit : suggest(word, values);
}

/** The value without what an issue is about. A list is left out as a whole, for its indexes are positions. */
function prune(value: unknown, issue: Issue): unknown {
  if (issue.code === 'unrecognized_keys') {
    for (const key of issue.keys) remove(value, [...issue.path, key]);
  } else {
    remove(value, issue.path);
  }
  return value;
}

function remove(root: unknown, path: Path): void {
  const parents: { holder: object; key: PropertyKey }[] = [];
  let current = root;
  for (const key of path) {
    if (typeof current !== 'object' || current === null) break;
    parents.push({ holder: current, key });
    current = Reflect.get(current, key);
  }
  // What is not there cannot be left out: the mapping that lacks it is.
  while (parents.length > 0) {
    const { holder, key } = parents.pop()!;
    if (Array.isArray(holder) || !Object.hasOwn(holder, key)) continue;
    const isTarget = key === 'to' || ['sites', 'routes'].includes(String(parents.at(-1)?.key));
    if (isTarget && Reflect.get(holder, key) !== placeholder) Reflect.set(holder, key, placeholder);
    else Reflect.deleteProperty(holder, key);
    return;
  }
}

/** Stands in for a target that is wrong, so that the rest of its site is still looked at. Nothing is ever served from it. */
const placeholder = 1;

function hasUnreadable(node: SourceNode): boolean {
  return node.unreadable || [...node.entries.values()].some(hasUnreadable);
}
