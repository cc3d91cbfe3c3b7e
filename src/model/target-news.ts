import type { Target } from './site.ts';
import type { HealthCheck } from './target-group.ts';

/** What a name of targets stands for now. */
export interface NameAddresses {
  /** In the order in which they are tried; the last good ones while the name cannot be resolved. */
  readonly addresses: readonly string[];
  /** Why there are none; '' when there are. */
  readonly error: string;
}

/** What the control plane knows about targets: plain data, the whole each time. */
export interface TargetNews {
  /** Why a target is down, by {@link checkKey}; those that are up, or not known yet, are not here. */
  readonly down: ReadonlyMap<string, string>;
  /** Targets that get no requests because somebody wishes so, by {@link drainKey}. */
  readonly drained: ReadonlySet<string>;
  /** By host name; a name that is not here is resolved by the system when it is needed. */
  readonly names: ReadonlyMap<string, NameAddresses>;
  /** Secret from which cookies are made that bring clients back to their targets. */
  readonly cookieKey: string;
}

/** Names one check of one target; equal for all groups that ask the same of it. */
export function checkKey(target: Target, check: HealthCheck): string {
  return JSON.stringify([target, check]);
}

/** Names a target within a site, by the site's first name and the target's. */
export function drainKey(site: string, target: string): string {
  return `${site} ${target}`;
}
