import { existsSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { ComposeFaults } from './faults.ts';
import { interpolate } from './interpolate.ts';
import { type ComposeNode, childOf, isNothing } from './node.ts';
import { type ReadPort, readPort, writtenPort } from './port-lines.ts';
import { printPort } from './port-syntax.ts';
import type { ComposeDoubt, ComposeProject, ComposeService, ComposeText, PortLine } from './project.ts';
import { type RawProject, type RawService, ServiceLoader } from './raw-services.ts';
import { readComposeText, variablesFor } from './read-file.ts';
import { readSettingsList } from './settings-list.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** What Docker Compose looks for in a directory, in its order. */
const standardNames = ['compose.yaml', 'compose.yml', 'docker-compose.yaml', 'docker-compose.yml'];
const overrideNames = [
  'compose.override.yaml',
  'compose.override.yml',
  'docker-compose.override.yaml',
  'docker-compose.override.yml',
];

/** The files that `docker compose up` would take in a directory: the standard one and what overrides it. Empty when there is none. */
export function standardComposeFiles(directory: string): string[] {
  const found = standardNames.map((name) => join(directory, name)).find((file) => existsSync(file));
  return found === undefined ? [] : withOverride(found);
}

/** A file and, where it has a standard name, the override file that `docker compose up` reads with it. */
function withOverride(file: string): string[] {
  if (!standardNames.includes(basename(file))) return [file];
  const override = overrideNames.map((name) => join(dirname(file), name)).find((one) => existsSync(one));
  return override === undefined ? [file] : [file, override];
}

/** The projects that files belong to: those of one directory are one, each file that stands alone with what overrides it. */
export function composeProjects(files: readonly string[]): string[][] {
  const projects = Map.groupBy(files, (file) => dirname(resolve(file)));
  return [...projects.values()].map((project) => (project.length === 1 ? withOverride(project[0] ?? '') : project));
}

/**
 * Reads the compose files of one project, merged in their order, with `.env` beside the first of them. Throws a
 * {@link ConfigError} with every problem of what is looked at here, and nothing else. `texts` are taken for files in place of what they hold.
 */
export function readCompose(
  files: readonly string[],
  environment: Environment,
  texts: ReadonlyMap<string, string> = new Map(),
): ComposeProject {
  const faults = new ComposeFaults();
  const loader = new ServiceLoader(faults, (file, namedAt) => texts.get(file) ?? readComposeText(file, namedAt));
  const paths = files.map((file) => resolve(file));
  const raw = loader.load(paths, variablesFor(dirname(paths[0] ?? '.'), environment));
  const reader = new ServiceReader(raw, loader.texts, faults);
  const services = raw.services.map((service) => reader.read(service));
  faults.throwIfAny();
  for (const { at, name } of loader.elsewhere) {
    reader.doubts.push({
      code: 'not-read',
      at,
      what: `${name} is not on this machine and was not read`,
      cure: 'Fetch it and audit it by itself.',
    });
  }
  return { files: loader.texts, services, doubts: reader.doubts };
}

class ServiceReader {
  readonly doubts: ComposeDoubt[] = [];
  readonly #raw: RawProject;
  readonly #texts: ReadonlyMap<string, string>;
  readonly #faults: ComposeFaults;

  constructor(raw: RawProject, texts: ReadonlyMap<string, string>, faults: ComposeFaults) {
    this.#raw = raw;
    this.#texts = texts;
    this.#faults = faults;
  }

  read(service: RawService): ComposeService {
    const { name, at, map, variables } = service;
    const networkMode = this.#text(service, 'network_mode');
    const ports = this.#ports(service);
    const [line] = ports;
    if (networkMode?.text === 'host' && line !== undefined) {
      const what = `the ports of ${name} mean nothing: with network_mode: host it listens on the machine itself`;
      this.doubts.push({ code: 'ports-of-host-network', at: line.at, what, cure: 'Take one of the two out.' });
    }
    return {
      name,
      at,
      image: this.#text(service, 'image')?.text ?? '',
      ports: networkMode?.text === 'host' ? [] : ports,
      idlePorts: networkMode?.text === 'host' ? ports : [],
      networkMode,
      labels: readSettingsList(childOf(map, 'labels'), variables),
      environment: readSettingsList(childOf(map, 'environment'), variables),
      profiles: listItems(childOf(map, 'profiles')).flatMap((item) => (item.kind === 'scalar' ? [item.text] : [])),
      ...this.#networks(service),
    };
  }

  #ports(service: RawService): PortLine[] {
    const path = `services.${service.name}.ports`;
    const node = childOf(service.map, 'ports');
    if (node === null || isNothing(node) || node.tag === 'reset') return [];
    if (node.kind !== 'list') {
      this.#faults.add(node.at, path, {
        what: 'not a list',
        wanted: 'one port line an entry, as in - "127.0.0.1:8080:80"',
      });
      return [];
    }
    const lines = new Map<string, PortLine>();
    for (const [index, item] of node.items.entries()) {
      const text = writtenPort(item, this.#texts.get(item.at.file) ?? '');
      const outcome = readPort(item, service.variables);
      for (const fault of outcome.faults ?? []) {
        const member = item.kind === 'map' && fault.below ? item.entries.get(fault.below.join()) : undefined;
        const place = member === undefined ? item.at : fault.onKey ? member.key : member.value.at;
        this.#faults.add(
          place,
          [path, index, ...(member && fault.below ? fault.below : [])].join('.'),
          fault,
          item.kind === 'scalar' ? text : '',
        );
      }
      if (outcome.faults) continue;
      this.#doubt(item, text, outcome.value);
      const { mapping } = outcome.value;
      // What an alias or a common base brings twice is one line; two equal lines are two, though one to Docker.
      const place = `${item.at.file}\0${item.start}`;
      lines.set(place, { service: service.name, at: item.at, text, mapping, node: item, variables: service.variables });
    }
    return [...lines.values()];
  }

  #doubt(item: ComposeNode, text: string, { mapping, unset }: ReadPort): void {
    if (unset.length > 0) {
      const what = `${unset.join(', ')} is not set: Docker reads ${text} as "${printPort(mapping)}"`;
      this.doubts.push({
        code: 'unset-variable',
        at: item.at,
        what,
        cure: 'Set it in the environment or in the file .env beside the compose file.',
      });
    }
    if (item.kind === 'scalar' && item.style === 'plain' && /^[1-9]\d*(:[0-5]?\d)+$/.test(item.text)) {
      const what = `${text} without quotes is a number of base 60 to older readers of YAML`;
      this.doubts.push({ code: 'sexagesimal', at: item.at, what, cure: `Write "${item.text}" in quotes.` });
    }
  }

  #networks(service: RawService): Pick<ComposeService, 'ownAddress' | 'defaultHostIp'> {
    const node = childOf(service.map, 'networks');
    const names =
      node?.kind === 'map'
        ? [...node.entries.keys()]
        : listItems(node).flatMap((item) => (item.kind === 'scalar' ? [item.text] : []));
    const networks = (names.length > 0 ? names : ['default']).map((name) => {
      const network = this.#raw.networks.get(name) ?? null;
      const option = (key: string): string => this.#valueOf(childOf(network, key), service);
      const hostIp = this.#valueOf(
        childOf(childOf(network, 'driver_opts'), 'com.docker.network.bridge.host_binding_ipv4'),
        service,
      );
      return { name, driver: option('driver'), hostIp };
    });
    const [hostIp = '', ...others] = new Set(networks.map((network) => network.hostIp));
    return {
      ownAddress: networks.filter(({ driver }) => driver === 'macvlan' || driver === 'ipvlan').map(({ name }) => name),
      defaultHostIp: others.length > 0 ? '' : hostIp,
    };
  }

  #text(service: RawService, key: string): ComposeText | null {
    const node = childOf(service.map, key);
    return node?.kind === 'scalar' ? { text: this.#valueOf(node, service), at: node.at } : null;
  }

  #valueOf(node: ComposeNode | null, { variables }: RawService): string {
    if (node?.kind !== 'scalar') return '';
    const outcome = interpolate(node.text, variables);
    return outcome.faults ? node.text : outcome.value.text;
  }
}

function listItems(node: ComposeNode | null): readonly ComposeNode[] {
  return node?.kind === 'list' ? node.items : [];
}
