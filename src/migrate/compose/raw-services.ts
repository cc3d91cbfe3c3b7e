import { dirname, resolve } from 'node:path';
import type { SourcePosition } from '../../model/errors.ts';
import type { ComposeFaults } from './faults.ts';
import { interpolate, type Variables } from './interpolate.ts';
import { mergeServices } from './merge.ts';
import { type ComposeMap, type ComposeNode, childOf, isNothing } from './node.ts';
import { type readComposeText, variablesFor } from './read-file.ts';
import { readNodes } from './read-nodes.ts';

/** A service with everything that its files, and those it extends, say of it. */
export interface RawService {
  readonly name: string;
  readonly at: SourcePosition;
  readonly map: ComposeMap;
  readonly variables: Variables;
}

/** What files of one project say together. */
export interface RawProject {
  readonly services: readonly RawService[];
  /** By name, merged. */
  readonly networks: ReadonlyMap<string, ComposeNode>;
}

/** A file that another one names but that is not on this machine. */
interface Elsewhere {
  readonly at: SourcePosition;
  readonly name: string;
}

/** More files than this name one another in no honest project. */
const mostFiles = 200;

/** Follows `include` and `extends` from file to file. */
export class ServiceLoader {
  readonly texts = new Map<string, string>();
  readonly elsewhere: Elsewhere[] = [];
  readonly #faults: ComposeFaults;
  readonly #roots = new Map<string, ComposeMap | null>();
  readonly #readText: typeof readComposeText;

  constructor(faults: ComposeFaults, readText: typeof readComposeText) {
    this.#faults = faults;
    this.#readText = readText;
  }

  /** The services of `files`, the later ones merged into the earlier. `open` are the files that include these. */
  load(files: readonly string[], variables: Variables, open: readonly string[] = []): RawProject {
    const services = new Map<string, RawService>();
    const networks = new Map<string, ComposeNode>();
    for (const file of files) {
      const root = this.#root(file, null);
      if (root === null) continue;
      this.#include(root, file, variables, [...open, ...files], { services, networks });
      for (const [name, entry] of mapOf(childOf(root, 'services'))?.entries ?? []) {
        if (entry.value.tag === 'reset') services.delete(name);
        else this.#service(name, entry.key, file, variables, services);
      }
      for (const [name, { value }] of mapOf(childOf(root, 'networks'))?.entries ?? []) networks.set(name, value);
    }
    return { services: [...services.values()], networks };
  }

  #service(
    name: string,
    at: SourcePosition,
    file: string,
    variables: Variables,
    services: Map<string, RawService>,
  ): void {
    const map = this.#extended(name, at, file, variables, []);
    if (map === null) return;
    const before = services.get(name);
    const merged = before === undefined || map.tag === 'override' ? map : mergeServices(before.map, map);
    services.set(name, { name, at, map: merged, variables });
  }

  /** A service of `file` with what it extends merged in; null when that cannot be told, which is said then. */
  #extended(
    name: string,
    at: SourcePosition,
    file: string,
    variables: Variables,
    open: readonly string[],
  ): ComposeMap | null {
    const own = childOf(childOf(this.#root(file, at), 'services'), name);
    if (own?.kind !== 'map') {
      const what = own === null ? `there is no service ${name} in ${file}` : 'not a service';
      this.#faults.add(own?.at ?? at, `services.${name}`, { what, wanted: 'a mapping with image or build' });
      return null;
    }
    const key = `${file}\0${name}`;
    const rule = childOf(own, 'extends');
    if (rule === null || isNothing(rule)) return own;
    if (open.includes(key) || open.length > mostFiles) {
      this.#faults.add(rule.at, `services.${name}.extends`, { what: 'a service that extends itself' });
      return null;
    }
    const base = this.#filled(rule.kind === 'scalar' ? rule : childOf(rule, 'service'), variables);
    const named = this.#filled(childOf(rule, 'file'), variables);
    if (base === '') {
      this.#faults.add(rule.at, `services.${name}.extends`, {
        what: 'no service named',
        wanted: '{ service: NAME, file: FILE }',
      });
      return null;
    }
    const other = named === '' ? file : resolve(dirname(file), named);
    const extended = this.#extended(base, rule.at, other, variables, [...open, key]);
    return extended && mergeServices(extended, own);
  }

  #include(
    root: ComposeMap,
    file: string,
    variables: Variables,
    open: readonly string[],
    into: { services: Map<string, RawService>; networks: Map<string, ComposeNode> },
  ): void {
    const list = childOf(root, 'include');
    for (const item of list?.kind === 'list' ? list.items : []) {
      const directory = dirname(file);
      const paths = listOf(item.kind === 'map' ? childOf(item, 'path') : item).map((node) =>
        this.#filled(node, variables),
      );
      const remote = paths.find((path) => /^[a-z][a-z0-9+.-]*:/i.test(path) || path.startsWith('git@'));
      if (remote !== undefined) {
        this.elsewhere.push({ at: item.at, name: remote });
        continue;
      }
      const files = paths.filter((path) => path !== '').map((path) => resolve(directory, path));
      if (files.some((one) => open.includes(one)) || open.length > mostFiles) {
        this.#faults.add(item.at, 'include', { what: 'a file that includes itself' });
        continue;
      }
      const [first] = files;
      if (first === undefined) continue;
      for (const one of files) this.#root(one, item.at);
      const home = this.#filled(childOf(item, 'project_directory'), variables);
      const project = home === '' ? dirname(first) : resolve(directory, home);
      const envFile = this.#filled(listOf(childOf(item, 'env_file'))[0] ?? null, variables);
      const theirs = variablesFor(project, {}, envFile === '' ? undefined : resolve(directory, envFile));
      const included = this.load(files, new Map([...theirs, ...variables]), open);
      for (const service of included.services) into.services.set(service.name, service);
      for (const [name, network] of included.networks) into.networks.set(name, network);
    }
  }

  /** The content of a file, read once; null when there is something wrong with it, which is said then. */
  #root(file: string, namedAt: SourcePosition | null): ComposeMap | null {
    const known = this.#roots.get(file);
    if (known !== undefined) return known;
    const root = this.#readRoot(file, namedAt);
    this.#roots.set(file, root);
    return root;
  }

  #readRoot(file: string, namedAt: SourcePosition | null): ComposeMap | null {
    try {
      const text = this.#readText(file, namedAt);
      const root = readNodes(text, file);
      this.texts.set(file, text);
      const services = childOf(root, 'services');
      if (root.kind === 'map' && (services?.kind === 'map' || (services === null && root.entries.has('include'))))
        return root;
      if (root.kind === 'map' && services !== null && isNothing(services)) return root;
      const what = services === null ? 'no services' : 'services that are no mapping';
      const cure =
        'Write services: with the services indented below it; a file without it is of the oldest form, or no compose file.';
      this.#faults.add(services?.at ?? root.at, '', {
        what,
        wanted: 'services: and below it one mapping a service',
        cure,
      });
    } catch (error) {
      this.#faults.take(error);
    }
    return null;
  }

  #filled(node: ComposeNode | null, variables: Variables): string {
    if (node?.kind !== 'scalar') return '';
    const outcome = interpolate(node.text, variables);
    if (!outcome.faults) return outcome.value.text;
    for (const fault of outcome.faults) this.#faults.add(node.at, '', fault, node.text);
    return '';
  }
}

function mapOf(node: ComposeNode | null): ComposeMap | null {
  return node?.kind === 'map' ? node : null;
}

function listOf(node: ComposeNode | null): readonly ComposeNode[] {
  if (node === null) return [];
  return node.kind === 'list' ? node.items : [node];
}
