import type { Path, Source, SourceNode } from '../../control/config/source.ts';
import { nodeAt, printPath, written } from '../../control/config/source.ts';
import type { Judged, Verdict } from '../verdict.ts';
import { globalRules } from './global-rules.ts';
import { type Rule, refused, type Server } from './rule.ts';
import { siteRules } from './site-rules.ts';

/** Mappings whose keys the user chose. */
const ownKeys = new Set(['sites', 'routes', 'set', 'add', 'environment']);

/** Where a path of a configuration stands in the tables of rules: `sites.*.routes.*.auth.realm` as `auth.realm`. */
function ruleKey(path: readonly string[]): string {
  const keys: string[] = [];
  for (const key of path) {
    if (ownKeys.has(keys.at(-1) ?? '')) keys.push('*');
    else if (!/^\d+$/.test(key)) keys.push(key);
  }
  const own = keys[0] === 'sites' ? keys.slice(2) : keys;
  if (keys[0] !== 'sites') return own.join('.');
  const rest = own[0] === 'routes' && own.length > 1 ? own.slice(2) : own;
  return rest.length === 0 ? 'to' : rest.join('.');
}

/** The rule of a path; an unknown key is refused, never passed over. */
export function ruleOf(path: readonly string[], server: Server): Rule {
  // What a DNS provider is told goes the way of the provider.
  const key = ruleKey(path).replace(/^acme\.dns\..*$/, 'acme.dns');
  const row = (path[0] === 'sites' ? siteRules : globalRules)[key];
  return row?.[server] ?? refused('the export does not know this key');
}

interface Entry {
  readonly path: readonly string[];
  readonly node: SourceNode;
  verdict: Verdict;
  readonly notes: string[];
}

const severity: readonly Verdict[] = ['carried', 'approximated', 'refused'];

/** What became of every key of a configuration file: each has the verdict of its rule until its value shows that it deserves a worse one. */
export class Ledger {
  readonly #source: Source;
  readonly #server: Server;
  readonly #entries = new Map<string, Entry>();

  constructor(source: Source, server: Server) {
    this.#source = source;
    this.#server = server;
    this.#enter(source.root, []);
  }

  /** Says more of a key; of one that is not written, of the site or route around it, if any. The worst verdict counts. */
  judge(path: Path, verdict: Verdict, note: string): void {
    const existing = this.#nearest(path.map(String));
    if (existing.length === 0) return;
    const entry = this.#entries.get(existing.join('\0')) ?? this.#add(existing, { verdict: 'carried', note: '' });
    if (severity.indexOf(verdict) > severity.indexOf(entry.verdict)) entry.verdict = verdict;
    if (note !== '' && !entry.notes.includes(note)) entry.notes.push(note);
  }

  /** Whether the file has anything at this path. */
  has(path: Path): boolean {
    return nodeAt(this.#source.root, path).exact;
  }

  /** Every key, in the order of the file. */
  judged(): readonly Judged[] {
    const lines = [...this.#entries.values()].map(({ path, node, verdict, notes }): Judged => {
      const hidden = node.secret || isSecret(path);
      const value = node.entries.size > 0 && !isList(node) ? '' : hidden ? '…' : written(node.text);
      const directive = `${printPath(path)}${value === '' ? '' : `: ${value}`}`;
      const line = (node.key ?? node.value)?.line ?? 1;
      return { file: this.#source.file ?? 'sallyport.yaml', line, directive, verdict, note: notes.join('; ') };
    });
    return lines.sort((a, b) => a.line - b.line);
  }

  #enter(node: SourceNode, path: readonly string[]): void {
    const isLeaf = node.entries.size === 0 || (isList(node) && [...node.entries.values()].every(isPlain));
    if (isLeaf) this.#add(path, ruleOf(path, this.#server));
    else for (const [key, child] of node.entries) this.#enter(child, [...path, key]);
  }

  #add(path: readonly string[], { verdict, note }: Rule): Entry {
    const { node } = nodeAt(this.#source.root, path);
    const entry: Entry = { path, node, verdict, notes: note === '' ? [] : [note] };
    this.#entries.set(path.join('\0'), entry);
    return entry;
  }

  #nearest(path: readonly string[]): readonly string[] {
    let length = path.length;
    while (length > 0 && !nodeAt(this.#source.root, path.slice(0, length)).exact) length--;
    return path.slice(0, length);
  }
}

/** Values that are secrets even where they stand in the file itself. */
function isSecret(path: readonly string[]): boolean {
  const [name = '', above = ''] = [path.at(-1), path.at(-2)];
  if (name === 'hmac' || above === 'environment') return true;
  if (path[0] === 'acme' && path[1] === 'dns') return name !== 'provider';
  return (above === 'set' || above === 'add') && /auth|cookie|key|secret|token|password/i.test(name);
}

function isList(node: SourceNode): boolean {
  return node.entries.size > 0 && [...node.entries.keys()].every((key, index) => key === String(index));
}

function isPlain(node: SourceNode): boolean {
  return node.entries.size === 0;
}
