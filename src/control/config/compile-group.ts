import { resolve } from 'node:path';
import type { Target } from '../../model/site.ts';
import { defaultPassiveHealth, defaultQueue, type HealthCheck, type TargetGroup } from '../../model/target-group.ts';
import { readChain } from './certificate-files.ts';
import type { GroupRules, ParsedHealth, ParsedMember } from './group-schema.ts';
import type { Findings } from './problems.ts';
import type { Path } from './source.ts';

/** The targets of one route to compile. */
interface GroupInput {
  readonly to: readonly ParsedMember[];
  readonly rules: GroupRules;
  /** The site's first name. */
  readonly site: string;
  /** What relative paths are relative to. */
  readonly directory: string;
}

/** A group with every default filled in; `path` is that of the mapping with `to`. */
export function compileGroup(input: GroupInput, path: Path, findings: Findings): TargetGroup {
  const targets = input.to.map(({ target, caFile, weight, maxConnections }, index) => {
    // A single target may stand in the file without a list around it.
    const own: Path = findings.has([...path, 'to', index]) ? [...path, 'to', index] : [...path, 'to'];
    if (input.to.slice(0, index).some((other) => other.target.name === target.name)) {
      findings.problem(own, {
        what: 'the same target twice',
        cure: 'Give one of them a weight instead: {url: …, weight: 2}.',
      });
    }
    return { target: withCa(target, caFile, [...own, 'caFile'], input.directory, findings), weight, maxConnections };
  });
  return { ...groupRules(input.rules, input.site), name: targets.map(({ target }) => target.name).join(', '), targets };
}

/** All of a group but its targets. */
function groupRules(rules: GroupRules, site: string): Omit<TargetGroup, 'name' | 'targets'> {
  const { balance, health, queue } = rules;
  return {
    balance: balance ?? { kind: 'roundRobin' },
    check: health === undefined ? null : compileCheck(health, site),
    passive: {
      failures: health?.maxFails ?? defaultPassiveHealth.failures,
      window: health?.failWindow ?? defaultPassiveHealth.window,
      out: health?.failTimeout ?? defaultPassiveHealth.out,
      slowStart: health?.slowStart ?? defaultPassiveHealth.slowStart,
    },
    queue: compileQueue(queue),
    app: null,
    waits: false,
    absence: '',
  };
}

/** What waits, with every default. */
export function compileQueue(queue: GroupRules['queue']): TargetGroup['queue'] {
  return { requests: queue?.requests ?? defaultQueue.requests, wait: queue?.wait ?? defaultQueue.wait };
}

function compileCheck(health: ParsedHealth, site: string): HealthCheck | null {
  if (health.path === undefined) return null;
  const { path, status = [[200, 399]], interval = 10_000, timeout = 5_000, rise = 2, fall = 2, host = site } = health;
  return { path, status, interval, timeout, rise, fall, host };
}

/** The target with the CA certificates of a file, if it names one. */
export function withCa(
  target: Target,
  caFile: string | null,
  path: Path,
  directory: string,
  findings: Findings,
): Target {
  if (caFile === null || target.kind !== 'tcp' || target.tls === null) return target;
  const chain = readChain(resolve(directory, caFile));
  if (chain.faults) {
    for (const fault of chain.faults) findings.problem(path, fault);
    return target;
  }
  return { ...target, tls: { ...target.tls, ca: chain.value.map((certificate) => certificate.toString()).join('') } };
}
