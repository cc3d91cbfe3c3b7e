import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { TextDecoder } from 'node:util';
import { systemErrorCode } from '../../model/errors.ts';
import { isInternalHost } from '../../model/host.ts';
import type { Settings } from '../../model/settings.ts';
import { compile, type World } from './compile.ts';
import { unreadableCure } from './expand.ts';
import { freeze } from './freeze.ts';
import { readObject } from './object-source.ts';
import { openFilesLimit } from './open-files.ts';
import { directoryOf, processSurroundings } from './paths.ts';
import { ConfigError, type Finding, type Findings } from './problems.ts';
import type { Config } from './schema.ts';
import { parseSiteName } from './site-name.ts';
import type { Source } from './source.ts';
import { parseTarget } from './target.ts';
import { validate } from './validate.ts';
import { readYaml } from './yaml-source.ts';

/** A configuration that can be served, and what is doubtful about it. */
export interface ReadSettings {
  readonly settings: Settings;
  readonly warnings: readonly Finding[];
}

const largestFile = 4 * 1024 * 1024;

/**
 * Reads a configuration file. Looks at the files it names (certificates, keys, `${file:…}`) but at nothing else of the
 * world. Throws a {@link ConfigError} with every problem found, and nothing else.
 */
export function readSettings(file: string, world: World = currentWorld()): ReadSettings {
  const text = readText(file);
  const expansion = { environment: world.environment, directory: directoryOf(file) };
  const { source, findings } = readYaml(text, file, expansion);
  return finish(source, findings, world);
}

/**
 * The same for a configuration given as an object, `${…}` in its values expanded alike. Relative paths are relative to
 * `directory`, by default the working directory.
 */
export function settingsFromObject(
  object: unknown,
  directory: string = process.cwd(),
  world: World = currentWorld(),
): ReadSettings {
  const { source, findings } = readObject(object, { environment: world.environment, directory });
  return finish(source, findings, world);
}

/** One app behind HTTPS, as arguments of a command give it. */
export interface HostsRequest extends Omit<Config, 'sites'> {
  readonly hosts: readonly string[];
  readonly target: string | number;
  /** Default `auto`. */
  readonly tls?: 'auto' | 'internal' | 'off';
}

/** Settings that serve one app under these names. Public and internal names become two sites, for their certificates differ. */
export function settingsForHosts(request: HostsRequest, world: World = currentWorld()): ReadSettings {
  const { hosts, target, tls, ...rest } = request;
  const problems: Finding[] = [];
  const names = new Set<string>();
  const report = (
    word: string,
    written: string,
    outcome: ReturnType<typeof parseSiteName | typeof parseTarget>,
  ): void => {
    for (const { what, wanted, didYouMean, cure } of outcome.faults ?? []) {
      const parts = [
        `${word} ${JSON.stringify(written)}: ${what}`,
        wanted && `wanted ${wanted}`,
        didYouMean && `did you mean "${didYouMean}"?`,
      ];
      problems.push({ message: parts.filter((part) => part !== undefined).join('; '), at: null, cure: cure ?? null });
    }
  };
  for (const host of hosts) {
    const name = parseSiteName(host);
    report('host', host, name);
    if (!name.faults) names.add(name.value);
  }
  if (hosts.length === 0)
    problems.push({ message: 'no host; wanted at least one name, as in app.example.org', at: null, cure: null });
  report('target', String(target), parseTarget(target));
  if (problems.length > 0) throw new ConfigError(problems);
  const groups = tls === undefined || tls === 'auto' ? Object.values(Object.groupBy(names, groupOf)) : [[...names]];
  const sites: Config['sites'] = {};
  for (const [name, ...aliases] of groups) if (name !== undefined) sites[name] = { aliases, to: target, tls };
  return settingsFromObject({ ...rest, sites }, process.cwd(), world);
}

function groupOf(name: string): 'internal' | 'public' {
  return isInternalHost(name) ? 'internal' : 'public';
}

function finish(source: Source, findings: Findings, world: World): ReadSettings {
  const config = validate(source, findings);
  const settings = config && compile(config, source, world, findings);
  if (settings === null || findings.problems.length > 0) throw new ConfigError(findings.problems);
  return { settings: freeze(settings), warnings: findings.warnings };
}

function readText(file: string): string {
  const refuse = (message: string, cure: string | null): never => {
    throw new ConfigError([{ message: `${file}: ${message}`, at: null, cure }]);
  };
  let bytes: Buffer;
  try {
    bytes = readFileSync(resolve(file));
  } catch (error) {
    return refuse(`cannot read the configuration: ${systemErrorCode(error)}`, unreadableCure(error));
  }
  if (bytes.length > largestFile) return refuse('the configuration is too large; wanted at most 4MiB', null);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return refuse('the configuration is not text in UTF-8', 'Save it as UTF-8 in your editor.');
  }
}

function currentWorld(): World {
  return { ...processSurroundings(), now: Date.now(), openFiles: openFilesLimit(), processors: availableParallelism() };
}
